/**
 * Names on user-defined networks, which the engine's own resolver answers.
 */
import "./embedded-resolver/names.ts";
import "./embedded-resolver/aliases.ts";
