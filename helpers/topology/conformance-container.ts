import type { ContainerCreateOptions, HostConfig } from "dockerode";
import {
  GenericContainer,
  getContainerRuntimeClient,
  type StartedTestContainer,
  type WaitStrategy,
} from "testcontainers";

/** What a container needs beyond testcontainers' public methods. */
export interface CreateFields {
  readonly create: ContainerCreateOptions;
  readonly host: HostConfig;
  /** Called between create and start. */
  readonly created: (id: string) => Promise<void>;
  /** Resolves when the shell in it answers; rejects when it ended instead, or did not answer in time. */
  readonly answers: (withinSeconds?: number) => Promise<void>;
}

/**
 * A container is ready when the shell in it has answered on its own attached streams: no port, log line or exec is asked
 * for. Its time is always set: testcontainers would else ask for the image's health check at each start.
 */
class ShellAnswers implements WaitStrategy {
  readonly #answers: CreateFields["answers"];
  #withinMs = 60_000;

  constructor(answers: CreateFields["answers"]) {
    this.#answers = answers;
  }

  async waitUntilReady(): Promise<void> {
    await this.#answers(this.#withinMs / 1000);
  }

  withStartupTimeout(ms: number): this {
    this.#withinMs = ms;
    return this;
  }

  isStartupTimeoutSet(): boolean {
    return true;
  }

  getStartupTimeout(): number {
    return this.#withinMs;
  }
}

let runtime: Promise<unknown> | undefined;

/**
 * A testcontainers container with the create fields that the library has no methods for: network mode with endpoint
 * settings (its `withNetworkAliases` would also attach the default bridge, testcontainers-node#808), port bindings with
 * a host address (its `withExposedPorts` waits 10 s for ports that `none`, `host` and macvlan never bind, #1446),
 * DNS options, sysctls, an open standard input.
 */
export class ConformanceContainer extends GenericContainer {
  readonly #created: (id: string) => Promise<void>;

  constructor(image: string, fields: CreateFields) {
    super(image);
    Object.assign(this.createOpts, fields.create);
    Object.assign(this.hostConfig, fields.host);
    this.#created = fields.created;
    // Its reaper would be one more image to have; cleanup here goes by labels and by the lease.
    this.withAutoCleanup(false).withWaitStrategy(new ShellAnswers(fields.answers));
  }

  /**
   * testcontainers looks for its engine anew (`/info`, which makes the engine run three programs) for each container
   * that is started before the first search has ended: here all wait for one search.
   */
  override async start(): Promise<StartedTestContainer> {
    runtime ??= getContainerRuntimeClient();
    await runtime;
    return await super.start();
  }

  protected override async containerCreated(id: string): Promise<void> {
    await this.#created(id);
  }
}
