/** What `ip` shows only where somebody said `promisc on`: a capture, which may be this suite's own, it does not show. */
export const SWITCHED_PROMISCUOUS = "PROMISC";
