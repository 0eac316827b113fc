import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type PackageFile, unpackPackages } from "./apt-packages.ts";
import { installBusybox, layOutRoot } from "./assemble-busybox.ts";

/** Debian packages of the nginx image; the shell and its tools come from busybox. */
export const NGINX_PACKAGES: readonly string[] = ["nginx", "libnginx-mod-stream", "busybox-static"];

/**
 * The official image has the stream module compiled in, Debian's nginx loads it. A configuration that starts with
 * `include /etc/nginx/modules-enabled/*.conf;` is right for both: a pattern without a match is no error.
 */
const LOAD_STREAM = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n";

/** Serves the welcome page on port 80 and logs to the container's log, as the official image does. */
const CONFIGURATION = `include /etc/nginx/modules-enabled/*.conf;
user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  include /etc/nginx/conf.d/*.conf;
}
`;

const DEFAULT_SERVER = `server {
  listen 80;
  server_name localhost;
  location / { root /usr/share/nginx/html; index index.html; }
}
`;

/** Builds the root directory of the nginx image. */
export async function assembleNginx(packages: readonly PackageFile[], root: string): Promise<void> {
  await layOutRoot(root);
  const isBusybox = (file: PackageFile): boolean => file.name === "busybox-static";
  await unpackPackages(
    packages.filter((file) => !isBusybox(file)),
    root,
  );
  await installBusybox(packages.filter(isBusybox), root);

  const etc = join(root, "etc/nginx");
  await rm(`${etc}/sites-enabled`, { recursive: true, force: true });
  await mkdir(join(etc, "modules-enabled"), { recursive: true });
  await mkdir(join(etc, "conf.d"), { recursive: true });
  await writeFile(join(etc, "modules-enabled/50-mod-stream.conf"), LOAD_STREAM);
  await writeFile(join(etc, "nginx.conf"), CONFIGURATION);
  await writeFile(join(etc, "conf.d/default.conf"), DEFAULT_SERVER);
  await mkdir(join(root, "var/lib/nginx"), { recursive: true });
  await symlink("/dev/stdout", join(root, "var/log/nginx/access.log"));
  await symlink("/dev/stderr", join(root, "var/log/nginx/error.log"));
}
