/**
 * `conformant`: all that this host can show passed. `partial`: what was judged passed, and something that this host could
 * show was not run. `not conformant`: a requirement failed or residue was left. `not judged`: an error, or nothing ran.
 */
export type RunVerdict = "conformant" | "partial" | "not conformant" | "not judged";
