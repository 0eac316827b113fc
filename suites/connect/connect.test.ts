/**
 * A running container is connected to a second network, and disconnected again.
 */
import "./connecting/interface.ts";
import "./connecting/reachability.ts";
