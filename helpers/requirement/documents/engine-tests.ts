import type { DocumentSet } from "./document-set.ts";

const COMMIT = "b985e2313a8676e18072b442911fc8f64f17d440";

/** Tests of the Engine's that state a behaviour, and the few lines of its code that no page tells of. */
export const ENGINE_TESTS = {
  kind: "Engine",
  repository: "moby/moby",
  documents: {
    "moby/allocator_test.go": {
      title: "allocator_test.go",
      path: "daemon/libnetwork/ipams/defaultipam/allocator_test.go",
      commit: COMMIT,
      sections: { TestRequest: 767, TestRequestReleaseAddressDuplicate: 1215 },
    },
    "moby/utils_linux_test.go": {
      title: "utils_linux_test.go",
      path: "daemon/libnetwork/netutils/utils_linux_test.go",
      commit: COMMIT,
      sections: { TestGenerateRandomName: 20 },
    },
    "moby/setup_ipv4_linux_test.go": {
      title: "setup_ipv4_linux_test.go",
      path: "daemon/libnetwork/drivers/bridge/setup_ipv4_linux_test.go",
      commit: COMMIT,
      sections: { TestSetupBridgeIPv4Fixed: 24 },
    },
    "moby/setup_device_linux_test.go": {
      title: "setup_device_linux_test.go",
      path: "daemon/libnetwork/drivers/bridge/setup_device_linux_test.go",
      commit: COMMIT,
      sections: { TestGenerateRandomMAC: 83 },
    },
    "moby/macvlan_setup_test.go": {
      title: "macvlan_setup_test.go",
      path: "daemon/libnetwork/drivers/macvlan/macvlan_setup_test.go",
      commit: COMMIT,
      sections: { TestValidateLink: 12 },
    },
    "moby/libnetwork/etchosts_test.go": {
      title: "etchosts_test.go",
      path: "daemon/libnetwork/etchosts/etchosts_test.go",
      commit: COMMIT,
      sections: { TestBuildDefault: 16, TestBuildNoIPv6: 43 },
    },
    "moby/networking/bridge_linux_test.go": {
      title: "bridge_linux_test.go",
      path: "integration/networking/bridge_linux_test.go",
      commit: COMMIT,
      sections: {
        TestBridgeICC: 43,
        TestDefaultBridgeAddresses: 834,
        TestDisableIPv6Addrs: 989,
        TestNonIPv6Network: 1182,
        TestNoIP6Tables: 1213,
        TestSetIPWithNoConfiguredSubnet: 2210,
      },
    },
    "moby/port_mapping_linux_test.go": {
      title: "port_mapping_linux_test.go",
      path: "integration/networking/port_mapping_linux_test.go",
      commit: COMMIT,
      sections: {
        TestPortMappedHairpinTCP: 140,
        TestPortMappedHairpinUDP: 187,
        TestProxy4To6: 238,
        TestAccessPublishedPortFromHost: 317,
        TestAccessPublishedPortFromCtr: 491,
        TestDirectRoutingOpenPorts: 650,
        TestAccessPublishedPortFromAnotherNetwork: 1077,
        TestDirectRemoteAccessOnExposedPort: 1186,
        TestAllowDirectRemoteAccessOnExposedPort: 1203,
        TestAccessPortPublishedOnLoopbackAddress: 1387,
        TestMixAnyWithSpecificHostAddrs: 1564,
      },
    },
    "moby/firewall_linux_test.go": {
      title: "firewall_linux_test.go",
      path: "integration/networking/firewall_linux_test.go",
      commit: COMMIT,
      sections: { TestInfoFirewallBackend: 17 },
    },
    "moby/etchosts_test.go": {
      title: "etchosts_test.go",
      path: "integration/networking/etchosts_test.go",
      commit: COMMIT,
      sections: { TestEtcHostsIpv6: 22 },
    },
    "moby/service_test.go": {
      title: "service_test.go",
      path: "integration/network/service_test.go",
      commit: COMMIT,
      sections: {
        TestDaemonRestartWithLiveRestore: 34,
        TestDaemonRestartWithExistingNetwork: 110,
        TestDaemonRestartWithExistingNetworkWithDefaultPoolRange: 145,
        TestDaemonWithBipAndDefaultNetworkPool: 200,
      },
    },
    "moby/network_linux_test.go": {
      title: "network_linux_test.go",
      path: "integration/network/network_linux_test.go",
      commit: COMMIT,
      sections: { TestRunContainerWithBridgeNone: 30, TestDefaultNetworkOpts: 105, TestHostGatewayFromDocker0: 201 },
    },
    "moby/network/bridge/bridge_linux_test.go": {
      title: "bridge_linux_test.go",
      path: "integration/network/bridge/bridge_linux_test.go",
      commit: COMMIT,
      sections: { TestPublishedPortAlreadyInUse: 516, TestPortMappingRestore: 783, TestNoSuchExternalBridge: 829 },
    },
    "moby/macvlan_test.go": {
      title: "macvlan_test.go",
      path: "integration/network/macvlan/macvlan_test.go",
      commit: COMMIT,
      sections: { TestDockerNetworkMacvlanPersistence: 27, TestMacvlanIPAM: 440, TestMacvlanIPAMOverlap: 578 },
    },
    "moby/docker_cli_network_unix_test.go": {
      title: "docker_cli_network_unix_test.go",
      path: "integration-cli/docker_cli_network_unix_test.go",
      commit: COMMIT,
      sections: {
        TestDockerNetworkConnectDisconnect: 530,
        TestDockerNetworkNoDiscoveryDefaultBridgeNetwork: 788,
        TestDockerNetworkDriverUngracefulRestart: 947,
        TestDockerNetworkConnectWithPortMapping: 1138,
        TestDockerNetworkConnectDisconnectWithPortMapping: 1154,
        TestDockerNetworkConnectPreferredIP: 1264,
        TestDockerNetworkUnsupportedRequiredIP: 1322,
        TestDockerNetworkDisconnectDefault: 1455,
      },
    },
    "moby/config_linux.go": {
      title: "config_linux.go",
      path: "daemon/config/config_linux.go",
      commit: COMMIT,
      sections: { IsSwarmCompatible: 131 },
    },
  },
} as const satisfies DocumentSet;
