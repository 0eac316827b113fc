/**
 * One disposable host whose daemon.json says what dockerd's rules have to do, chapter by chapter.
 */
import "./filtering/as-installed.ts";
import "./filtering/icc-and-masquerading.ts";
import "./filtering/without-iptables.ts";
import "./filtering/forwarding.ts";
