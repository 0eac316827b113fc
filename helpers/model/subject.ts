import { beforePort } from "./address.ts";
/** What a deviation, a note or a cause is about. */
export type Subject =
  | { readonly kind: "host" }
  | { readonly kind: "container"; readonly name: string }
  | { readonly kind: "network"; readonly name: string }
  /** A container's attachment to a network. */
  | { readonly kind: "endpoint"; readonly container: string; readonly network: string }
  | {
      readonly kind: "published port";
      readonly container: string;
      readonly protocol: "tcp" | "udp" | "sctp";
      /** The address it is published on; `0.0.0.0` and `::` are every address of that family. */
      readonly hostAddress: string;
      readonly hostPort: number;
      readonly containerPort: number;
    };

/** Something of the operator's, with what it was deployed by. */
export interface Deployed {
  readonly subject: Subject;
  /** Compose project or Swarm stack; null where it is of none. */
  readonly project: string | null;
}

/** Same text = same subject. Never shown: {@link subjectText} is for people. */
export function subjectKey(subject: Subject): string {
  switch (subject.kind) {
    case "host":
      return "host";
    case "container":
    case "network":
      return `${subject.kind} ${subject.name}`;
    case "endpoint":
      return `endpoint ${subject.container} ${subject.network}`;
    case "published port":
      return `port ${subject.container} ${subject.protocol} ${subject.hostAddress} ${subject.hostPort} ${subject.containerPort}`;
  }
}

/** A subject in the words that an operator uses: `container shop-web`, `port 8080/tcp of container shop-web`. */
export function subjectText(subject: Subject): string {
  switch (subject.kind) {
    case "host":
      return "this host";
    case "container":
    case "network":
      return `${subject.kind} ${subject.name}`;
    case "endpoint":
      return `container ${subject.container} on network ${subject.network}`;
    case "published port":
      return `port ${beforePort(subject.hostAddress)}:${subject.hostPort}/${subject.protocol} of container ${subject.container}`;
  }
}
