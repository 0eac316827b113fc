import { LABEL } from "../engine/run-identity.ts";
import type { CreateFields } from "./conformance-container.ts";
import { ConformanceContainer } from "./conformance-container.ts";
import type { TopologyContext } from "./context.ts";

/** A container as a topology wants it. */
export interface WantedContainer {
  readonly image: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly autoRemove: boolean;
  readonly networkMode: string | undefined;
  readonly hostname: string | undefined;
  readonly fields: Omit<CreateFields, "created" | "answers">;
  /** Called between create and start. */
  readonly created: (id: string) => Promise<void>;
  readonly answers: CreateFields["answers"];
}

/** Creates and starts a container, which answers then: through testcontainers, or with the same fields through the API where it can't be used. */
export async function startContainer(context: TopologyContext, wanted: WantedContainer): Promise<void> {
  const { image, name, autoRemove, networkMode, hostname, fields, created, answers } = wanted;
  const labels = { ...wanted.labels, ...(autoRemove ? { [LABEL.leaves]: "true" } : {}) };
  if (!context.throughTestcontainers) {
    const container = await context.docker.createContainer({
      name,
      Image: image,
      Labels: { ...labels },
      ...(hostname === undefined ? {} : { Hostname: hostname }),
      ...fields.create,
      HostConfig: {
        AutoRemove: autoRemove,
        ...(networkMode === undefined ? {} : { NetworkMode: networkMode }),
        ...fields.host,
      },
    });
    await created(container.id);
    await container.start();
    await answers();
    return;
  }
  const container = new ConformanceContainer(image, { ...fields, created, answers });
  container
    .withName(name)
    .withLabels({ ...labels })
    .withAutoRemove(autoRemove);
  if (networkMode !== undefined) container.withNetworkMode(networkMode);
  if (hostname !== undefined) container.withHostname(hostname);
  await container.start();
}
