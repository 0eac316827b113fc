/**
 * Who reaches a published port, where, and what holds it: servers on a network of their own, and callers from everywhere.
 */
import "./reaching/from-containers.ts";
import "./reaching/at-given-addresses.ts";
import "./reaching/from-outside.ts";
import "./reaching/listeners-and-listings.ts";
import "./reaching/services.ts";
