/**
 * Requirements that no fault is expected to redden, each with the reason. Any other requirement has to be expected by a
 * fault: one that nothing can redden says nothing.
 */
export const BEYOND_PROOF: Readonly<Record<string, string>> = {
  "INSPECT-57": "applies before Engine 20.10: the lab has none",
  "ISO-05":
    "a container is in another user namespace than dockerd by userns-remap alone, which the requirement knows; no program moves a running container into one",
  "PATH-10":
    "the kernel stamps a frame where it enters, and nothing that an operator can do stamps it anew on its way to the bridge's device",
};
