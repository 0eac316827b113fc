/**
 * Network namespaces that are made by hand, with `ip netns`.
 */
import "./namespaces/naming.ts";
import "./namespaces/loopback.ts";
import "./namespaces/execution.ts";
import "./namespaces/own-stack.ts";
