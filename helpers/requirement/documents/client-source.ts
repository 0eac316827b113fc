import type { DocumentSet } from "./document-set.ts";

const COMMIT = "28f756087eea5fa301f3fbf12b01ae62f91521c2";

/** Lines of the client's code that no page tells of. */
export const CLIENT_SOURCE = {
  kind: "Engine",
  repository: "docker/cli",
  documents: {
    "cli/network/list.go": {
      title: "docker network ls (source)",
      path: "cli/command/network/list.go",
      commit: COMMIT,
      sections: { NaturalLess: 65 },
    },
  },
} as const satisfies DocumentSet;
