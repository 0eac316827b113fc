/**
 * What `container inspect` says of a container's network.
 */
import "./container/host-mode.ts";
import "./container/names-and-namespaces.ts";
import "./container/files-and-state.ts";
import "./container/addresses.ts";
