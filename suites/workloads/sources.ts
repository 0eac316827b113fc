import { D1, D3, D4, engine } from "../../helpers/requirement/index.ts";

/** Where it is written what the packet filter does with everybody's packets, and with those of this run's containers. */
export const FORWARDED = [D1("5.1.1"), engine("moby#48657")];
export const MASQUERADED = [D1("5.1.1"), D4("Linux bridge"), engine("moby#12294")];
export const WITHIN = [D1("5.1.1"), engine("moby libnetwork/drivers/bridge/setup_ip_tables_linux.go")];
export const APART = [D3("二.2"), engine("moby#50443")];
export const TRANSLATED = [D1("5.1.1"), engine("moby#12294")];
export const LET_IN = [D1("5.1.1"), engine("moby#48657")];
