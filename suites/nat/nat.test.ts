/**
 * The rules of published containers, while they come and go, and what packets meet because of them.
 */
import "./publications/networks.ts";
import "./publications/rules.ts";
import "./publications/coming-and-going.ts";
import "./publications/serving.ts";
