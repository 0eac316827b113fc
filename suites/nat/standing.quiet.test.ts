/**
 * The rules that stand without any container, looked at once.
 */
import "./standing/translation.ts";
import "./standing/forwarding.ts";
import "./standing/isolation.ts";
