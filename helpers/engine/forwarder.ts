/** Something that makes an engine reachable at a private unix socket on this machine. */
export interface Forwarder {
  readonly socketPath: string;
  /**
   * What last went wrong between the socket and the engine, which a client of the socket sees only as a closed
   * connection; null when nothing did.
   */
  trouble(): Promise<Error | null>;
  /** Takes the socket away, with all that served it. May be called again. */
  close(): Promise<void>;
}
