/**
 * One disposable host whose dockerd is reloaded, restarted and killed.
 */
import "./transitions/restarts.ts";
import "./transitions/live-restore.ts";
import "./transitions/killed.ts";
