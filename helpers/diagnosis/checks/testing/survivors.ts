/** Fields of one place, named by what follows its name. */
const under = (place: string, names: string): string[] => names.split(/\s+/).map((name) => `${place}.${name}`);

/**
 * Fields of a look at a run's own containers that nothing notices when they are altered, by the reason: beside those that
 * survive in everybody's as well. Held by a test in both directions.
 */
export const SURVIVORS: Readonly<Record<string, readonly string[]>> = {
  "of the look itself: when it was taken, and what remedies cost": ["began", "costs.liveRestore", "whose"],
  "of a container's process, its files and resources, not of its network": [
    ...under("containers[].asked.create", "AttachStderr AttachStdin AttachStdout Entrypoint[] OpenStdin StdinOnce"),
    "containers[].asked.host.CapDrop[]",
    ...under(
      "containers[].inspected",
      "AppArmorProfile Args[] Created Driver GraphDriver.** Image LogPath MountLabel Path Platform ProcessLabel RestartCount",
    ),
    ...under(
      "containers[].inspected.Config",
      "AttachStderr AttachStdin AttachStdout Entrypoint[] Env[] Image Labels.* OpenStdin StdinOnce Tty User WorkingDir",
    ),
    ...under(
      "containers[].inspected.HostConfig",
      `AutoRemove BlkioWeight CapDrop[] Cgroup CgroupParent CgroupnsMode ConsoleSize[] ContainerIDFile CpuCount CpuPercent
      CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpuShares CpusetCpus CpusetMems IOMaximumBandwidth
      IOMaximumIOps Isolation KernelMemory KernelMemoryTCP LogConfig.Type MaskedPaths[] Memory MemoryReservation MemorySwap
      NanoCpus OomKillDisable OomScoreAdj Privileged ReadonlyPaths[] ReadonlyRootfs RestartPolicy.MaximumRetryCount
      RestartPolicy.Name Runtime ShmSize VolumeDriver`,
    ),
  ],
  "in the look are those that run, and nothing else of the state says what their network is": under(
    "containers[].inspected.State",
    "Dead Error ExitCode FinishedAt OOMKilled Paused Pid Restarting Running StartedAt",
  ),
  "a namespace is somebody else's where this says `host` or `container:…`, which a mutant does not": under(
    "containers[].inspected.HostConfig",
    "IpcMode PidMode UTSMode UsernsMode",
  ),
  "of namespaces the network's is judged; others where the engine says that they are the host's": [
    ...under("containers[].inside.namespaces", "cgroup ipc mnt pid pid_for_children time time_for_children user uts"),
    ...under("host.namespaces", "ipc mnt pid user uts"),
  ],
  "the engine's summary of its first network, kept for old clients": under(
    "containers[].inspected.NetworkSettings",
    "Bridge GlobalIPv6Address GlobalIPv6PrefixLen HairpinMode IPv6Gateway LinkLocalIPv6Address LinkLocalIPv6PrefixLen SandboxID",
  ),
  "labels, and words that the engine takes and does not give back": under(
    "asked.*",
    "CheckDuplicate IPAM.Config[] IPAM.Driver Labels.* Name",
  ),
  "the list says of a container what its inspect says, and of its process": [
    ...under("lists.containers[]", "Command Created Image ImageID Labels.* Names[] State Status"),
    "containers[]",
  ],
  "not asked for: which gateway comes first, and whether a network has IPv4": [
    "containers[].inspected.NetworkSettings.Networks.*.GwPriority",
    "lists.containers[].NetworkSettings.Networks.*.GwPriority",
    "lists.networks[].EnableIPv4",
  ],
  "an address that was asked for is compared with the one that the container has": [
    "containers[].inspected.NetworkSettings.Networks.*.IPAMConfig.IPv4Address",
    "lists.containers[].NetworkSettings.Networks.*.IPAMConfig.IPv4Address",
  ],
  "told a second time: by inside.addresses, inside.mainRoutes, host.links, or by the same field of another interface": [
    ...under("containers[].inside.links[]", "bridge.id bridge.stp carrier index mac master promiscuous state up"),
    ...under("containers[].inside.addresses[]", "flags[] master"),
    ...under("containers[].inside.routes[]", "gateway interface metric scope source type"),
    "containers[].inside.routes[]",
    "host.addresses[].mtu",
    "host.routes[].interface",
  ],
  "of a macvlan child its mode is judged, and by its index the interface that it hangs on": [
    "containers[].inside.macvlans[]",
    ...under("containers[].inside.macvlans[]", "name parent"),
  ],
  "a way out is told with the rule or the route that makes it: altered alone it has none": [
    "containers[].inside.waysOut[]",
    "containers[].inside.waysOut[].family",
  ],
  "no container of these runs has an entry in a forwarding table that stays; of everybody's one has": [
    "host.forwarding[].local",
    "host.forwarding[].port",
    "host.ports[].number",
  ],
  "the scope of an address counts where others than Docker wired a container; of everybody's one is": [
    "containers[].inside.addresses[].addresses[].scope",
  ],
  "words of the machine that runs the suites": ["dockerCommand.path"],
  "one engine keeps one host's rules; another one is told of by everybody's look": ["host.engines[]"],
  "lets programs bind addresses that the host lacks: weighed in everybody's look": [
    "host.sysctls.ipv4/ip_nonlocal_bind",
  ],
  "of the values inside those that a mutant does not reach: others end packets": [
    "containers[].inside.sysctls.ipv4/conf/*/arp_ignore",
  ],
};
