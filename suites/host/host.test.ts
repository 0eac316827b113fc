/**
 * Containers in host mode beside the host itself.
 */
import "./sharing/same-namespace.ts";
import "./sharing/identity.ts";
import "./sharing/services.ts";
import "./sharing/rights.ts";
