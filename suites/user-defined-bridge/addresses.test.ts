/**
 * Which addresses containers on user-defined networks get, and which they are refused.
 */
import "./addresses/given.ts";
import "./addresses/from-pools.ts";
import "./addresses/refused.ts";
