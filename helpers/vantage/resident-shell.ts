import { Writable } from "node:stream";
import type Dockerode from "dockerode";
import { type AskOptions, type Evidence, ProbeFailed, type Vantage } from "../model/evidence.ts";
import type { Place } from "../model/question.ts";
import { record } from "./recorder.ts";

/**
 * Longest piece of output in one line of an answer. musl's stdio, which BusyBox images are often built with, writes at
 * most 1024 bytes at once.
 */
const PIECE = 900;

/**
 * The main process of every container of a run: a shell that reads questions from its standard input, one line each
 * (`<id> <seconds> .<command>.`), runs each in the background under a deadline, and prints the answers line by line
 * (`@<id> o …` for a line of stdout, `@<id> e …` of stderr, `O` and `E` for a piece of a longer line, `@<id> x <exit
 * code>` at the end).
 *
 * Why so: an exec costs the engine some 40 ms, a question to a shell that is already there about 2 ms, and many
 * questions wait side by side. Answers are lines from the shell's own `printf`, each one write below PIPE_BUF, so that
 * answers of concurrent questions can't tear each other. Runs in BusyBox ash and in dash with coreutils.
 *
 * The container lives as long as its standard input is held open by this process (`StdinOnce`): when the run is
 * killed, the engine sees the connection break, the shell reads end-of-file and the container ends by itself.
 */
export function residentShellScript(prelude: readonly string[]): string {
  return [
    // The mark tells this container's questions from those of others, in a PID namespace that is the host's and in shared
    // memory that should be the container's own and is the host's.
    "mark=$(cat /proc/sys/kernel/random/uuid); q=/dev/shm/q-$mark; mkdir -p $q",
    ...prelude,
    'say() { while IFS= read -r l || [ -n "$l" ]; do',
    `while [ \${#l} -gt ${PIECE} ]; do h=$(printf %.${PIECE}s "$l"); l=\${l#"$h"}; printf '@%s %s %s\\n' "$1" "$3" "$h"; done`,
    `printf '@%s %s %s\\n' "$1" "$2" "$l"; done <"$4"; }`,
    "echo @ready",
    "while read -r id limit cmd; do",
    "(",
    // The dots keep blanks at both ends, which `read` would take away.
    `cmd=\${cmd#.}; cmd=\${cmd%.}`,
    'DNC_QUESTION=$mark.$id. timeout -s KILL "$limit" sh -c "$cmd" </dev/null >$q/$id.o 2>$q/$id.e; rc=$?',
    // The deadline ends one process; those that it had started (a pipeline's) would go on probing.
    `if [ $rc -eq 137 ]; then for p in $(grep -ls "DNC_QUESTION=$mark\\.$id\\." /proc/[0-9]*/environ); do p=\${p%/environ}; kill -9 \${p#/proc/}; done 2>/dev/null; fi`,
    "say $id o O $q/$id.o; say $id e E $q/$id.e; printf '@%s x %s\\n' $id $rc; rm -f $q/$id.o $q/$id.e",
    ") &",
    "done",
  ].join("\n");
}

/** What a container is created with so that its main process is a resident shell that {@link ResidentShell} can ask. */
export function residentShellFields(prelude: readonly string[]) {
  return {
    Entrypoint: ["sh", "-c", residentShellScript(prelude)],
    Cmd: [],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  };
}

/** How long beyond its own deadline an answer may take on a busy engine before the shell counts as lost. */
const GRACE_SECONDS = 30;

const READY = Buffer.from("@ready");
const NEWLINE = Buffer.from("\n");
/** Room for `@<id> o `. */
const HEAD_LENGTH = 32;

interface Pending {
  readonly command: string;
  readonly seconds: number;
  readonly started: number;
  /** Bytes: a character may be cut between two pieces. */
  readonly stdout: Buffer[];
  readonly stderr: Buffer[];
  readonly guard: NodeJS.Timeout;
  readonly settle: (evidence: Evidence) => void;
  readonly fail: (error: ProbeFailed) => void;
}

/** The asking side of {@link residentShellScript}, over the container's attached streams. */
export class ResidentShell implements Vantage {
  readonly label: string;
  readonly place: Place;
  readonly #stream: NodeJS.ReadWriteStream;
  readonly #pending = new Map<string, Pending>();
  readonly #sameMoment = new Map<string, Promise<Evidence>>();
  readonly #ready: Promise<void>;
  #markReady: () => void = () => {};
  #markLost: (error: ProbeFailed) => void = () => {};
  #next = 1;
  #lost: string | undefined;
  #tail = Buffer.alloc(0);
  /** How the last line began, and where the rest of it went. */
  #same: { readonly head: Buffer; readonly to: Buffer[] } | null = null;
  readonly #noise: string[] = [];

  private constructor(
    label: string,
    place: Place,
    stream: NodeJS.ReadWriteStream,
    demux: (out: Writable, err: Writable) => void,
  ) {
    this.label = label;
    this.place = place;
    this.#stream = stream;
    this.#ready = new Promise((resolve, reject) => {
      this.#markReady = resolve;
      this.#markLost = reject;
    });
    // Nobody may be waiting yet when the shell is lost; the loss is told to whoever asks.
    this.#ready.catch(() => undefined);
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#read(chunk);
        done();
      },
    });
    const stderr = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (this.#noise.length < 20) this.#noise.push(chunk.toString());
        done();
      },
    });
    demux(stdout, stderr);
    for (const event of ["end", "close", "error"] as const) stream.on(event, () => this.#lose("its container ended"));
  }

  /**
   * Attaches to a container that runs (or is about to run) {@link residentShellScript}. Attach before the start: the
   * ready line is then never missed.
   */
  static async attach(
    docker: Dockerode,
    containerId: string,
    label: string,
    place: Place = { kind: "container", name: label },
  ): Promise<ResidentShell> {
    const container = docker.getContainer(containerId);
    const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
    return new ResidentShell(label, place, stream, (out, err) => docker.modem.demuxStream(stream, out, err));
  }

  /** Resolves once the shell reads questions; rejects with what it said when it ended instead. */
  async ready(seconds = 60): Promise<void> {
    const guard = setTimeout(() => this.#lose(`no sign of life within ${seconds} s`), seconds * 1000);
    try {
      await this.#ready;
    } finally {
      clearTimeout(guard);
    }
  }

  /** For a shell attached to a container that already runs: waits until it answers a question. */
  async awake(): Promise<void> {
    this.#markReady();
    await this.#put("true", 10);
  }

  /**
   * Asks one line of shell. The same question asked again at the same moment, before anything else can have happened,
   * shares its answer: read-only questions of many requirements at one moment cost one. Not beyond that moment: what is
   * asked after something was changed, or seen, must not be told what was seen before. Use {@link act} for commands that
   * change something.
   *
   * Output comes back in whole lines: a newline is added to a last line without one, NUL bytes are dropped.
   */
  async ask(command: string, options: AskOptions = {}): Promise<Evidence> {
    const seconds = options.seconds ?? 10;
    const key = `${seconds} ${command}`;
    let answer = this.#sameMoment.get(key);
    if (answer === undefined) {
      answer = this.#put(command, seconds);
      this.#sameMoment.set(key, answer);
      // Not setImmediate: on a busy machine several answers are read before that comes, and a second look would get the first.
      process.nextTick(() => this.#sameMoment.delete(key));
    }
    const evidence = withQuestion(await answer, options);
    record(evidence);
    return evidence;
  }

  /** Like {@link ask}, never shared: for commands with an effect. */
  async act(command: string, options: AskOptions = {}): Promise<Evidence> {
    const evidence = withQuestion(await this.#put(command, options.seconds ?? 10), options);
    record(evidence, true);
    return evidence;
  }

  /** Lets go of the container: its shell reads end-of-file and ends. */
  close(): void {
    this.#lose("it was closed");
    this.#stream.end();
  }

  async #put(command: string, seconds: number): Promise<Evidence> {
    if (/[\n\r\0]/.test(command)) throw new ProbeFailed(`a question must be one line: ${JSON.stringify(command)}`);
    await this.#ready;
    if (this.#lost !== undefined) throw new ProbeFailed(`${this.label} can't be asked: ${this.#lost}${this.#said()}`);
    const id = String(this.#next++);
    return await new Promise<Evidence>((settle, fail) => {
      const guard = setTimeout(
        () => {
          this.#pending.delete(id);
          fail(new ProbeFailed(`${this.label} gave no answer to \`${command}\` within ${seconds + GRACE_SECONDS} s`));
        },
        (seconds + GRACE_SECONDS) * 1000,
      );
      this.#pending.set(id, {
        command,
        seconds,
        started: performance.now(),
        stdout: [],
        stderr: [],
        guard,
        settle,
        fail,
      });
      this.#stream.write(`${id} ${seconds} .${command}.\n`);
    });
  }

  #read(chunk: Buffer): void {
    let data = this.#tail.length > 0 ? Buffer.concat([this.#tail, chunk]) : chunk;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10)) {
      this.#line(data.subarray(0, end));
      data = data.subarray(end + 1);
    }
    this.#tail = Buffer.from(data);
  }

  #line(line: Buffer): void {
    // Of a look's tens of thousands of lines nearly all begin as the one before them.
    if (this.#same !== null && line.subarray(0, this.#same.head.length).equals(this.#same.head)) {
      this.#same.to.push(line.subarray(this.#same.head.length), NEWLINE);
      return;
    }
    this.#same = null;
    const head = /^@(\d+) ([oOeEx]) ?/.exec(line.toString("latin1", 0, HEAD_LENGTH));
    const [whole = "", id = "", kind] = head ?? [];
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      if (head !== null) return;
      if (line.equals(READY)) this.#markReady();
      else if (this.#noise.length < 20) this.#noise.push(`${line.toString()}\n`);
      return;
    }
    const text = line.subarray(whole.length);
    if (kind === "x") this.#finish(id, pending, Number(text.toString()));
    else if (kind === "o") {
      pending.stdout.push(text, NEWLINE);
      if (whole.endsWith(" ")) this.#same = { head: line.subarray(0, whole.length), to: pending.stdout };
    } else if (kind === "O") pending.stdout.push(text);
    else if (kind === "e") pending.stderr.push(text, NEWLINE);
    else pending.stderr.push(text);
  }

  #finish(id: string, pending: Pending, exitCode: number): void {
    this.#pending.delete(id);
    clearTimeout(pending.guard);
    const ms = performance.now() - pending.started;
    // `timeout -s KILL` leaves 137 behind; a command that was killed by something else earlier keeps its code.
    const timedOut = exitCode === 137 && ms >= pending.seconds * 950;
    pending.settle({
      vantage: this.label,
      place: this.place,
      command: pending.command,
      exitCode: timedOut ? null : exitCode,
      timedOut,
      stdout: Buffer.concat(pending.stdout).toString(),
      stderr: Buffer.concat(pending.stderr).toString(),
      ms: Math.round(ms * 10) / 10,
    });
  }

  #lose(why: string): void {
    this.#lost ??= why;
    const error = new ProbeFailed(`${this.label} can't be asked: ${this.#lost}${this.#said()}`);
    this.#markLost(error);
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id);
      clearTimeout(pending.guard);
      pending.fail(error);
    }
  }

  #said(): string {
    const said = this.#noise.join("").trim();
    return said === "" ? "" : ` (it said: ${said})`;
  }
}

/** Askers of the same words at the same moment share an answer; what each meant by them is its own. */
function withQuestion(evidence: Evidence, { question, outcome }: AskOptions): Evidence {
  if (question === undefined) return evidence;
  return { ...evidence, question, ...(outcome === undefined ? {} : { outcome: outcome(evidence) }) };
}
