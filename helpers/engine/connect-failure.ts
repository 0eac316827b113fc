import { dockerErrorOf, messageOf } from "./docker-error.ts";
import type { Endpoint } from "./endpoint.ts";
import { UserError } from "./errors.ts";

/** Error codes of OpenSSL and Node that speak of the server's certificate. */
const CERTIFICATE = /CERT|UNABLE_TO_|SELF_SIGNED|ERR_TLS_/;
/**
 * Alerts by which a server turns down the certificate that we showed, or did not show; and what OpenSSL says when the
 * answer is no TLS. Both come as a code (`ERR_SSL_WRONG_VERSION_NUMBER`) or, when writing failed first, as `EPROTO`
 * with the words in the message.
 */
const ALERT =
  /alert[_ ](certificate|bad[_ ]certificate|unknown[_ ]ca|unsupported[_ ]certificate|handshake|access[_ ]denied)/i;
const NO_TLS =
  /wrong[_ ]version[_ ]number|packet[_ ]length[_ ]too[_ ]long|unexpected[_ ]message|record[_ ]layer[_ ]failure/i;

/**
 * Says in words for people why an engine could not be reached. In: the endpoint; what was thrown while asking it.
 * Out: the error to throw; a UserError passes through as it is.
 */
export function explainFailure(endpoint: Endpoint, thrown: unknown): UserError {
  if (thrown instanceof UserError) return thrown;
  const error = dockerErrorOf(thrown);
  const message = messageOf(thrown);
  const say = (seen: string, todo: string) => new UserError({ tried: tried(endpoint), seen, todo });

  if (error?.statusCode !== undefined) {
    if (/HTTP request to an HTTPS server/i.test(message)) {
      return say("the engine requires TLS, and was spoken to without", TURN_TLS_ON);
    }
    return notDocker(endpoint, `it answered HTTP ${error.statusCode}: ${firstLine(message)}`);
  }
  const code = error?.code ?? "";
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return say("there is no such socket, so no Docker Engine here", "Run ./setup, or name the engine: DOCKER_HOST.");
    case "EACCES":
    case "EPERM":
      return say(
        "permission denied: the socket is not open to this user",
        "Join the docker group (sudo usermod -aG docker $USER, then log in again), or use sudo.",
      );
    case "ECONNREFUSED":
      return endpoint.kind === "unix"
        ? say("connection refused: the socket is there and nobody listens", "Start the engine: systemctl start docker.")
        : say("connection refused: nobody listens there", "Check host and port, and that dockerd listens on TCP (-H).");
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return say(`the host's name could not be resolved (${code})`, "Check the name and this machine's DNS.");
    case "ETIMEDOUT":
    case "ABORT_ERR":
      return say("timed out: no answer came", "Check host and port, and firewalls on the way.");
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return say(`the host can't be reached (${code})`, "Check the address and this machine's routes.");
    case "ECONNRESET":
    case "EPIPE":
      return closedEarly(endpoint, message);
  }
  if (code.startsWith("HPE_")) return notDocker(endpoint, `what answers does not speak HTTP (${message})`);
  if (NO_TLS.test(`${code} ${message}`)) {
    return say(
      "TLS was spoken to a port that does not speak it",
      "Unset DOCKER_TLS_VERIFY and DOCKER_TLS, or correct the port.",
    );
  }
  if (ALERT.test(`${code} ${message}`)) {
    return say(
      `the engine turned down our client certificate (${code})`,
      "Check cert.pem and key.pem in DOCKER_CERT_PATH.",
    );
  }
  if (code.startsWith("ERR_OSSL_")) {
    return say(
      `a certificate or key can't be used: ${message}`,
      "Check ca.pem, cert.pem and key.pem; a key must have no passphrase.",
    );
  }
  if (CERTIFICATE.test(code)) {
    return say(
      `the engine's certificate is not trusted: ${message} (${code})`,
      "Check ca.pem in DOCKER_CERT_PATH, and that the certificate names this host.",
    );
  }
  return say(code === "" ? message : `${message} (${code})`, "Check the engine's address.");
}

/** The error for an address where something answers that is no Docker Engine. */
export function notDocker(endpoint: Endpoint, seen: string): UserError {
  return new UserError({
    tried: tried(endpoint),
    seen: `this is no Docker Engine: ${seen}`,
    todo: "Correct host and port.",
  });
}

/** First line of every message about this endpoint. */
export function tried(endpoint: Endpoint): string {
  return `Connecting to the Docker Engine at ${endpoint.url} (${endpoint.origin})`;
}

const TURN_TLS_ON = "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH.";

/** A server may close instead of answering for two reasons, which look alike from here. */
function closedEarly(endpoint: Endpoint, message: string): UserError {
  const seen = `the connection was closed without an answer (${message})`;
  if (endpoint.kind === "tcp") {
    return new UserError({ tried: tried(endpoint), seen, todo: `If the engine requires TLS: ${TURN_TLS_ON}` });
  }
  if (endpoint.kind === "tls") {
    const todo = "The engine may have turned down our certificate: check cert.pem and key.pem in DOCKER_CERT_PATH.";
    return new UserError({ tried: tried(endpoint), seen, todo });
  }
  return new UserError({ tried: tried(endpoint), seen, todo: "Look into the engine's log: journalctl -u docker." });
}

function firstLine(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}
