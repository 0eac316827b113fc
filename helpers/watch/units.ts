/** What the units of systemd are made of. */
export interface UnitsSpec {
  /** The program with its first words, as absolute paths. */
  readonly program: readonly string[];
  /** The `daemon.json` that dockerd reads. */
  readonly daemonJson: string;
  /** Where the reports of every night go; those of the quick set go to `quick` in it. */
  readonly reports: string;
  /** Further variables that the program gets. */
  readonly environment: Readonly<Record<string, string>>;
}

const NAME = "docker-netcheck";
/** Everything, every night; and the quick set, after a start of docker.service and after an edit of `daemon.json`. */
export const NIGHTLY = { service: `${NAME}.service`, timer: `${NAME}.timer` } as const;
export const QUICK = { service: `${NAME}-quick.service`, path: `${NAME}-quick.path` } as const;
export const UNIT_NAMES: readonly string[] = [...Object.values(NIGHTLY), ...Object.values(QUICK)];
/** Those that are enabled: the nightly service is started by its timer. */
export const ENABLED: readonly string[] = [NIGHTLY.timer, QUICK.service, QUICK.path];

/** The units by their file names. */
export function unitsOf({ program, daemonJson, reports, environment }: UnitsSpec): Readonly<Record<string, string>> {
  const service = (what: string, words: readonly string[], folder: string, install: readonly string[]) =>
    unit([
      ["Unit", [`Description=Docker's networking: ${what}`, "After=docker.service"]],
      [
        "Service",
        [
          "Type=oneshot",
          `ExecStart=${[...program, ...words].map(word).join(" ")}`,
          ...Object.entries({ ...environment, DNC_REPORTS: folder }).map(
            ([name, value]) => `Environment=${word(`${name}=${value}`)}`,
          ),
          "TimeoutStartSec=30min",
          "Nice=10",
        ],
      ],
      ...(install.length === 0 ? [] : [["Install", install] as const]),
    ]);
  return {
    [NIGHTLY.service]: service("all of it", ["test"], reports, []),
    [NIGHTLY.timer]: unit([
      ["Unit", ["Description=Docker's networking, judged every night"]],
      ["Timer", ["OnCalendar=*-*-* 03:00:00", "RandomizedDelaySec=30min", "Persistent=true"]],
      ["Install", ["WantedBy=timers.target"]],
    ]),
    // Each start of docker.service starts it as well.
    [QUICK.service]: service("the quick set", ["test", "--quick"], `${reports}/quick`, ["WantedBy=docker.service"]),
    [QUICK.path]: unit([
      ["Unit", ["Description=Docker's networking, judged after an edit of daemon.json"]],
      ["Path", [`PathChanged=${specifiers(daemonJson)}`]],
      ["Install", ["WantedBy=paths.target"]],
    ]),
  };
}

function unit(sections: readonly (readonly [name: string, lines: readonly string[]])[]): string {
  return `# Made by dnc install-units; dnc remove-units takes it away.\n${sections.map(([name, lines]) => `[${name}]\n${lines.join("\n")}\n`).join("\n")}`;
}

/** systemd expands % everywhere. */
function specifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

/** A word of a command or an assignment, as systemd.syntax(7) and systemd.service(5) quote it. */
function word(text: string): string {
  const plain = specifiers(text).replaceAll("$", "$$$$");
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
