import http from "node:http";
import https from "node:https";

let direct = false;

/**
 * Has this thread's clients of engines go to them directly. With `NODE_USE_ENV_PROXY` node's own agents send everything
 * through the proxy that `HTTP_PROXY` names, an engine's streams too, which no proxy passes on; docker's own clients
 * reach an engine the same way as ever.
 */
export function speakDirectly(): void {
  if (direct) return;
  direct = true;
  http.globalAgent = new http.Agent({ keepAlive: true, timeout: 5000 });
  https.globalAgent = new https.Agent({ keepAlive: true, timeout: 5000 });
}
