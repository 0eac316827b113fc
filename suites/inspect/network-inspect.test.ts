/**
 * What `network inspect` says of a network, and of who is on it.
 */
import "./network/identity.ts";
import "./network/addresses.ts";
import "./network/kind.ts";
import "./network/options-and-labels.ts";
import "./network/members.ts";
