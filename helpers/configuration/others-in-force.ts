/** What of `docker info` tells a key that is not about networks. */
export interface InfoOfOthers {
  readonly LoggingDriver?: string;
  readonly Driver?: string;
  readonly DefaultRuntime?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly RegistryConfig?: {
    readonly Mirrors?: readonly string[] | null;
    readonly InsecureRegistryCIDRs?: readonly string[] | null;
    readonly IndexConfigs?: Readonly<Record<string, { readonly Secure?: boolean } | null>> | null;
  } | null;
}

type InForce = (value: unknown, info: InfoOfOthers) => boolean | undefined;

/**
 * Whether the engine has what the file asks for; undefined where it doesn't tell, or the value asks for nothing.
 * `data-root` is not among them: the engine tells where the directory really is, behind symbolic links.
 */
const OTHERS: Readonly<Record<string, InForce>> = {
  "default-runtime": text(({ DefaultRuntime }) => DefaultRuntime),
  "insecure-registries": list((value, { RegistryConfig }) => {
    if (RegistryConfig == null) return undefined;
    const { InsecureRegistryCIDRs, IndexConfigs } = RegistryConfig;
    const insecure = [
      ...(InsecureRegistryCIDRs ?? []),
      ...Object.entries(IndexConfigs ?? {}).flatMap(([host, index]) => (index?.Secure === false ? [host] : [])),
    ];
    return insecure.map(host).includes(host(value));
  }),
  "log-driver": text(({ LoggingDriver }) => LoggingDriver),
  "registry-mirrors": list((value, { RegistryConfig }) => {
    if (RegistryConfig == null) return undefined;
    return (RegistryConfig.Mirrors ?? []).map(address).includes(address(value));
  }),
  // containerd's image store calls the same thing otherwise.
  "storage-driver": text(
    ({ Driver }) => Driver,
    (name) => name.replace(/^overlay(2|fs)$/, "overlay"),
  ),
  "userns-remap": (value, { SecurityOptions }) =>
    typeof value !== "string" || value === "" || SecurityOptions == null
      ? undefined
      : SecurityOptions.some((option) => option.includes("userns")),
};

/**
 * Which keys of `daemon.json` beside those of networks are in force, as far as `docker info` tells: their names alone,
 * since the address of a registry may hold a password.
 * @param file the values of a `daemon.json`
 */
export function othersInForce(
  file: Readonly<Record<string, unknown>>,
  info: InfoOfOthers,
): Readonly<Record<string, boolean>> {
  const told = Object.entries(OTHERS).map(([key, inForce]) => [key, inForce(file[key], info)] as const);
  return Object.fromEntries(told.filter((one): one is readonly [string, boolean] => one[1] !== undefined));
}

function text(told: (info: InfoOfOthers) => string | undefined, same = (name: string): string => name): InForce {
  return (value, info) => {
    const has = told(info);
    if (typeof value !== "string" || value === "" || has === undefined || has === "") return undefined;
    return same(value) === same(has);
  };
}

/** Each item has to be told; an item that is no text makes the file one that dockerd refuses. */
function list(told: (item: string, info: InfoOfOthers) => boolean | undefined): InForce {
  return (value, info) => {
    if (!Array.isArray(value) || value.length === 0 || value.some((item) => typeof item !== "string")) return undefined;
    const found = (value as string[]).map((item) => told(item, info));
    return found.includes(undefined) ? undefined : !found.includes(false);
  };
}

/** A mirror's address as dockerd writes it. */
function address(text: string): string {
  return text.toLowerCase().replace(/\/*$/, "");
}

/** A registry's host or range without the scheme, which dockerd leaves out. */
function host(text: string): string {
  return address(text).replace(/^https?:\/\//, "");
}
