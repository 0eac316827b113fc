/**
 * Two containers on the default bridge, started once, seen from both ends of their veth pairs.
 */
import "./attachment/joining.ts";
import "./attachment/interface.ts";
import "./attachment/addresses-and-routes.ts";
import "./attachment/host-end.ts";
