import { z } from "zod";

const state = z.enum(["right", "broken", "noted", "changed", "not running"]).meta({ id: "state" });

const livingContainer = z
  .object({
    name: z.string(),
    project: z.string().nullable(),
    status: z.string(),
    addresses: z.array(z.string()),
    ports: z.array(z.object({ text: z.string(), state: state })),
    nameServers: z.array(z.string()).describe("Those that it was given itself; absent for none.").exactOptional(),
    state: state,
  })
  .meta({ id: "livingContainer" });

export const living = z
  .object({
    uplinks: z.array(z.object({ device: z.string(), addresses: z.array(z.string()) })),
    nameServers: z
      .array(z.string())
      .describe("Those that the host itself asks; absent where that is not known.")
      .exactOptional(),
    networks: z.array(
      z.object({
        name: z.string(),
        driver: z.string(),
        device: z.string(),
        subnets: z.array(z.string()),
        state: state,
        internal: z.boolean(),
        containers: z.array(livingContainer),
      }),
    ),
    stopped: z.array(livingContainer),
  })
  .meta({ id: "living" });

export const site = z
  .object({
    file: z.string(),
    networks: z.array(
      z.object({
        name: z.string(),
        driver: z.string(),
        device: z.string().describe("What it hangs on where that was asked for; mostly empty."),
        subnets: z.array(z.string()),
        internal: z.boolean(),
      }),
    ),
    containers: z.array(
      z.object({
        name: z.string(),
        mode: z.string().nullable().describe("host, none or container:NAME; null where it has networks."),
        networks: z.array(z.object({ name: z.string(), addresses: z.array(z.string()) })),
        ports: z.array(
          z.object({
            protocol: z.enum(["tcp", "udp", "sctp"]),
            hostAddress: z.string(),
            hostPort: z.int(),
            containerPort: z.int(),
          }),
        ),
        nameServers: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: "site" });

export const hostState = z
  .object({
    links: z.array(z.string()),
    addresses: z.array(z.string()),
    routes: z.array(z.string()),
    "firewall rules": z.array(z.string()),
    sysctls: z.array(z.string()),
  })
  .meta({ id: "hostState" });
