/**
 * Dual-stack networks, and a default bridge with IPv6.
 */
import "./dual-stack/within.ts";
import "./dual-stack/published.ts";
import "./dual-stack/way-out.ts";
import "./dual-stack/attached.ts";
import "./dual-stack/rules.ts";
import "./dual-stack/default-bridge.ts";
