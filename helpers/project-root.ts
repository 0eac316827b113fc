import { homedir } from "node:os";
import { extname, join, resolve } from "node:path";

/** Folder of the project: of package.json and the suites. */
export const PROJECT_ROOT = resolve(import.meta.dirname, "..");

/** `.ts` in a checkout, `.js` in the package: how the files are called that are named rather than imported. */
export const CODE = extname(import.meta.filename);

const packaged = CODE === ".js";

/** Where a user's own files are looked for and reports go: the checkout; of a package, the folder that one works in. */
export const USER_FOLDER = packaged ? process.cwd() : PROJECT_ROOT;

/** What may be thrown away. A package lies where its user may not write. */
export const CACHE_FOLDER = packaged
  ? join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "docker-network-conformance")
  : join(PROJECT_ROOT, ".cache");
