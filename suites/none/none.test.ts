/**
 * Containers without a network.
 */
import "./closed/loopback.ts";
import "./closed/isolation.ts";
