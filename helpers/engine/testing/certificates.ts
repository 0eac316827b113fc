import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/**
 * Makes, with openssl, a certificate authority in `directory` and one certificate for 127.0.0.1, ::1 and localhost that
 * serves both as the server's and the client's: `ca.pem`, `cert.pem`, `key.pem`. Returns the directory.
 */
export async function makeCertificates(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const openssl = (...parameters: string[]) => execa("openssl", parameters, { cwd: directory });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = ["-keyout", "ca-key.pem", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "2"];
  await openssl("req", "-x509", ...newKey, ...authority);
  const names = "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost";
  const signed = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-days", "2", "-addext", names];
  await openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "key.pem",
    "-out",
    "cert.pem",
    "-subj",
    "/CN=localhost",
    ...signed,
  );
  return directory;
}

/** Contents of what `makeCertificates` made, for a server. */
export async function readCertificates(directory: string): Promise<{ ca: Buffer; cert: Buffer; key: Buffer }> {
  const read = (name: string) => readFile(join(directory, name));
  const [ca, cert, key] = await Promise.all([read("ca.pem"), read("cert.pem"), read("key.pem")]);
  return { ca, cert, key };
}
