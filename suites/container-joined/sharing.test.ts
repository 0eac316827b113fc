/**
 * Containers that join the network of another one.
 */
import "./sharing/interfaces.ts";
import "./sharing/ports-and-names.ts";
