/**
 * Requirements that no fault is expected to redden, each with the reason. Any other requirement has to be expected by a
 * fault: one that nothing can redden says nothing.
 */
export const BEYOND_PROOF: Readonly<Record<string, string>> = {
  "CONF-25": "the key firewall-backend came with Engine 29.0: no engine of the lab knows it",
  "INSPECT-57": "applies before Engine 20.10: the lab has none",
  "INSPECT-62b": "applies from API 1.52 (Engine 29) on: the lab has none",
  "INSPECT-63b": "applies from API 1.52 (Engine 29) on: the lab has none",
  "INSPECT-65b": "applies from API 1.52 (Engine 29) on: the lab has none",
  "ISO-05":
    "a container is in another user namespace than dockerd by userns-remap alone, which the requirement knows; no program moves a running container into one",
  "PATH-10":
    "the kernel stamps a frame where it enters, and nothing that an operator can do stamps it anew on its way to the bridge's device",
  "UDN-22b": "applies since Engine 29.0.4: the lab has none",
};
