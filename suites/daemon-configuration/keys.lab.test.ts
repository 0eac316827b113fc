/**
 * The daemon.json of the tutorials, and variants of it.
 */
import "./keys/tutorial.ts";
import "./keys/variants.ts";
