import type { DocumentSet } from "./document-set.ts";

const COMMIT = "b985e2313a8676e18072b442911fc8f64f17d440";

/** The description of the Engine's API and of its changes: lines of the definitions. */
export const ENGINE_API = {
  kind: "API description",
  repository: "moby/moby",
  documents: {
    api: {
      title: "Engine API",
      path: "api/swagger.yaml",
      commit: COMMIT,
      sections: {
        HostConfig: 978,
        NetworkSettings: 1635,
        PortMap: 1667,
        PortBinding: 1698,
        Network: 2634,
        NetworkInspect: 2776,
        ConfigReference: 2882,
        IPAM: 2899,
        IPAMConfig: 2927,
        IPAMStatus: 2944,
        EndpointResource: 2984,
        NetworkConnectRequest: 3300,
        EndpointSettings: 3336,
        SystemInfo: 6908,
        FirewallInfo: 7422,
        PluginsInfo: 7455,
        "/networks": 11637,
        "/networks/create": 11799,
        "/networks/{id}/connect": 11917,
        "/networks/prune": 11989,
        "HostConfig.NetworkMode": 1061,
        "HostConfig.PortBindings": 1068,
        "HostConfig.PublishAllPorts": 1213,
      },
    },
    "api/changes": {
      title: "Engine API: version history",
      path: "api/docs/CHANGELOG.md",
      commit: COMMIT,
      sections: { "v1.52": 58, "v1.50": 146, "v1.48": 182, "v1.45": 344, "v1.44": 360, "v1.41": 548 },
    },
  },
} as const satisfies DocumentSet;
