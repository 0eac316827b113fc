import { readFileSync } from "node:fs";

/** This project's version, as package.json has it. */
export function suiteVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
