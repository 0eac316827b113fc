import { expect } from "vitest";
import { UserError } from "../../helpers/engine/errors.ts";
import { D0, requirement, type Session, stage } from "../../helpers/requirement/index.ts";
import { type HostInLab, hostInLab } from "../../helpers/requirement/lab-hosts.ts";

/** Hosts whose engine is started with each file in turn, and what dockerd said. */
const tried = stage(hostInLab("refusing", { engineRuns: false }), async (inLab: HostInLab, _session: Session) => {
  const start = async (file: string): Promise<string> => {
    await inLab.host.configure(file);
    try {
      await inLab.host.startEngine();
      await inLab.host.stopEngine();
      return "dockerd started";
    } catch (error) {
      if (error instanceof UserError) return error.seen;
      throw error;
    }
  };
  const commented = await start('{ "mtu": 1500, # the largest packet\n "bip": "10.154.50.1/24" }');
  const gateway = await start('{ "bip": "192.168.1.5/24", "default-gateway": "10.20.1.1" }');
  const gatewayV6 = await start(
    '{ "ipv6": true, "fixed-cidr-v6": "2001:db8::/64", "default-gateway-v6": "2001:db8:abcd::89" }',
  );
  // The control: what refuses is the file, not the host.
  const valid = await start('{ "bip": "192.168.1.5/24", "default-gateway": "192.168.1.77" }');
  expect(valid, "the same host with a valid file").toBe("dockerd started");
  return { commented, gateway, gatewayV6 };
});

const SECTION = [D0("3.3.2")];
const needs = ["lab"] as const;

requirement(
  "DAEMON-02",
  {
    must: "daemon.json MUST be plain JSON: with a comment after a value dockerd refuses to start, and says that the file is at fault",
    from: SECTION,
    needs,
  },
  tried,
  ({ commented }) => {
    expect(commented, "dockerd's last words").toMatch(/unable to configure.*invalid character '#'/);
  },
);

requirement(
  "DAEMON-20",
  {
    must: "A `default-gateway` outside the subnet MUST stop dockerd from starting, with a message that names it",
    from: SECTION,
    needs,
  },
  tried,
  ({ gateway }) => {
    expect(gateway, "dockerd's last words").toMatch(/DefaultGatewayIPv4:10\.20\.1\.1.*must belong to the master pool/);
  },
);

requirement(
  "DAEMON-24",
  {
    must: "A `default-gateway-v6` outside the prefix MUST stop dockerd from starting, with a message that names it",
    from: SECTION,
    needs: [...needs, "ipv6"],
  },
  tried,
  ({ gatewayV6 }) => {
    expect(gatewayV6, "dockerd's last words").toMatch(/2001:db8:abcd::89.*must belong to the master pool/);
  },
);
