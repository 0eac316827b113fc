/** The two images that every topology is made of. */
export type ImageRole = "busybox" | "nginx";

export const IMAGE_ROLES: readonly ImageRole[] = ["busybox", "nginx"];

/** Label of an assembled image. Containers inherit it: it says nothing about whose a container is. */
export const ORIGIN_LABEL = "docker-network-conformance.image.origin";

/** Which way an image came to the engine. */
export type ImageOrigin = "present" | "pulled" | "assembled" | "unknown";

export interface ImageSource {
  /** Environment variable with an exact reference (tag or digest); nothing else is used when it is set. */
  readonly variable: string;
  /** The official image's repository on Docker Hub. */
  readonly repository: string;
  /** The tag that is pulled when the engine has no official image of the role. */
  readonly tag: string;
  /** What the image is called when it was put together from the distribution's packages. */
  readonly assembled: string;
}

export const IMAGE_SOURCES: Readonly<Record<ImageRole, ImageSource>> = {
  busybox: {
    variable: "DNC_BUSYBOX_IMAGE",
    repository: "library/busybox",
    tag: "1.37",
    assembled: "docker-network-conformance/busybox:assembled",
  },
  nginx: {
    variable: "DNC_NGINX_IMAGE",
    repository: "library/nginx",
    tag: "1.28",
    assembled: "docker-network-conformance/nginx:assembled",
  },
};

/** Settings of the person at the keyboard that decide about images. */
export interface ImageSettings {
  /** Exact references by role; a missing role has none. */
  readonly exact: Readonly<Partial<Record<ImageRole, string>>>;
  /** Prefix that stands for `docker.io` (`mirror.example:5000`), without a trailing slash; empty for none. */
  readonly mirror: string;
}

/** Reads `DNC_BUSYBOX_IMAGE`, `DNC_NGINX_IMAGE` and `DNC_REGISTRY_MIRROR`; empty values count as not set. */
export function imageSettings(env: Readonly<Record<string, string | undefined>>): ImageSettings {
  const exact: Partial<Record<ImageRole, string>> = {};
  for (const role of IMAGE_ROLES) {
    const reference = env[IMAGE_SOURCES[role].variable]?.trim();
    if (reference) exact[role] = reference;
  }
  return { exact, mirror: (env.DNC_REGISTRY_MIRROR ?? "").trim().replace(/\/+$/, "") };
}

/** The reference that is pulled for a role: the exact one if set, else the default one from the mirror or Docker Hub. */
export function pullReference(role: ImageRole, settings: ImageSettings): string {
  const source = IMAGE_SOURCES[role];
  return settings.exact[role] ?? `${settings.mirror || "docker.io"}/${source.repository}:${source.tag}`;
}

/**
 * The repositories an image of the role may be found under on the engine, most wanted first, written as the engine
 * writes them: it drops `docker.io/library/`.
 */
export function localRepositories(role: ImageRole, settings: ImageSettings): readonly string[] {
  const { repository } = IMAGE_SOURCES[role];
  const familiar = repository.replace(/^library\//, "");
  return settings.mirror ? [`${settings.mirror}/${repository}`, familiar] : [familiar];
}

/** Highest version first; a tag with more parts before its prefix (`1.37.0` before `1.37`). */
function byVersionDescending(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (right[i] ?? -1) - (left[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Chooses among references that the engine already has.
 *
 * In this order: the default tag, the moving official tags (`latest`, `stable`, `mainline`), the highest plain
 * version; then the assembled image. Any other tag (`nginx:perl`, a site's own `nginx:intranet`) is left alone: what is
 * in it is not known.
 *
 * @param available `repository:tag` as in the engine's `RepoTags`
 * @returns one of `available`, or undefined when none will do
 */
export function chooseReference(
  role: ImageRole,
  available: readonly string[],
  settings: ImageSettings,
): string | undefined {
  const has = new Set(available);
  const { tag, assembled } = IMAGE_SOURCES[role];
  for (const repository of localRepositories(role, settings)) {
    for (const wanted of [tag, "latest", "stable", "mainline"]) {
      const reference = `${repository}:${wanted}`;
      if (has.has(reference)) return reference;
    }
    const versions = available
      .filter((reference) => reference.startsWith(`${repository}:`))
      .map((reference) => reference.slice(repository.length + 1))
      .filter((candidate) => /^\d+(\.\d+)*$/.test(candidate))
      .sort(byVersionDescending);
    if (versions[0] !== undefined) return `${repository}:${versions[0]}`;
  }
  return has.has(assembled) ? assembled : undefined;
}
