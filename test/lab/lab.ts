/**
 * What the tests in the lab share: a masscanned on the sensor's side, and real
 * clients on the side where the tests themselves run (`scripts/lab.sh`).
 *
 * @module
 */

import { deepStrictEqual, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** Addresses that masscanned answers for. */
export const OURS = "192.0.2.10";
/** A second one. */
export const ALSO_OURS = "192.0.2.11";
/** An IPv6 one. */
export const OURS_6 = "2001:db8::10";
/** Behind a VLAN tag. */
export const OURS_TAGGED = "198.51.100.10";
/** Addresses of the host that masscanned runs on, on the same interface. */
export const HOST = "192.0.2.2";
/** The IPv6 one. */
export const HOST_6 = "2001:db8::2";
/** On the same network, and nobody's. */
export const NOBODY = "192.0.2.99";
/** The IPv6 one. */
export const NOBODY_6 = "2001:db8::99";
/** Hardware address of masscanned. */
export const MAC = "02:00:5e:10:00:fb";

/** Arguments that make masscanned answer for all of ours. */
export const FOR_OURS = "-i sensor0 -m " + MAC + " --self-ip-list " +
  [OURS, ALSO_OURS, OURS_6, OURS_TAGGED].join();

const SENSOR = Deno.env.get("LAB_SENSOR");
/** The sensor's side, for ip(8) to put an interface into. */
export const SENSOR_NETNS = `/proc/${SENSOR}/ns/net`;
const STRICT = Deno.env.get("MASSCANNED_STRICT") === "yes";
/** The folder of the scripts. */
export const SCRIPTS = fileURLToPath(new URL("../../scripts", import.meta.url));
/** The command that runs masscanned: the sources, or an executable of them. */
export const MASSCANNED = Deno.realPathSync(
  Deno.env.get("MASSCANNED") ?? `${SCRIPTS}/run.sh`,
);

/** Put before a command, runs it on the sensor's side. */
export const ON_SENSOR = `nsenter --net=/proc/${SENSOR}/ns/net --`;

// Generous, for a busy machine: what takes longer is stuck. In milliseconds.
const PATIENCE = 120_000;

/** How a program ended and what it printed. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Registers a test that runs in the lab only.
 *
 * @param name What is claimed.
 * @param clients Programs without which it is left out; in strict mode, without
 * which it fails.
 * @param test The test.
 */
export function lab(
  name: string,
  clients: readonly string[],
  test: (context: Deno.TestContext) => Promise<void>,
): void {
  const reason = whatIsMissing(clients);
  if (reason === undefined) {
    Deno.test(name, test);
  } else {
    Deno.test({
      name: `${name} (left out: ${reason})`,
      ignore: !STRICT,
      fn: () => Promise.reject(new Error(reason)),
    });
  }
}

/**
 * Runs a client to its end, or until it is plain that it is stuck.
 *
 * @param command The program and its arguments, between blanks.
 * @param more Further arguments, which may hold blanks themselves.
 */
export async function run(
  command: string,
  ...more: readonly string[]
): Promise<Outcome> {
  const [program, ...args] = command.split(" ");
  const { code, stdout, stderr } = await new Deno.Command(program!, {
    args: [...args, ...more],
    env: { LC_ALL: "C", NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(PATIENCE),
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/**
 * Runs a client that must succeed, as {@linkcode run} does.
 *
 * @returns What it printed on standard output.
 */
export async function succeed(
  command: string,
  ...more: readonly string[]
): Promise<string> {
  const outcome = await run(command, ...more);
  deepStrictEqual(outcome.code, 0, `${command}: ${JSON.stringify(outcome)}`);
  return outcome.stdout;
}

/** Runs masscanned on the sensor's side until it ends by itself. */
export function runMasscanned(
  args: string,
  ...more: readonly string[]
): Promise<Outcome> {
  return run(`${ON_SENSOR} ${MASSCANNED} ${args}`, ...more);
}

/** Waits until something is the case, or fails. */
export async function until(
  claim: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  for (const start = Date.now(); !await holds();) {
    ok(Date.now() - start < PATIENCE, `Still not so: ${claim}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Writes a file of these lines that goes with the test. */
export async function textFile(
  ...lines: readonly string[]
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempFile({ suffix: ".txt" });
  await Deno.writeTextFile(path, lines.join("\n") + "\n");
  await Deno.chmod(path, 0o644); // masscanned does not stay root
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

/** A masscanned on the sensor's side. */
export class Masscanned implements AsyncDisposable {
  /** What it has printed on stderr so far. */
  readonly lines: string[] = [];

  /** Those among them that are about what happened, not the sum of it. */
  get news(): string[] {
    const end = this.lines.findIndex((line) => /^WARN - in \d/.test(line));
    return end < 0 ? this.lines : this.lines.slice(0, end);
  }

  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #status: Deno.CommandStatus | undefined;

  private constructor(
    args: string,
    command: string,
    where: string,
    stdout: "null" | "piped",
  ) {
    const [program, ...words] = `${where} ${command} ${args}`.split(" ");
    this.#child = new Deno.Command(program!, {
      args: words,
      stdin: "null",
      stdout,
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
  }

  /**
   * Starts one, and waits until it answers.
   *
   * @param args Its arguments, between blanks; {@linkcode FOR_OURS} by default.
   * @param command The command that runs it.
   * @param where Put before a command, runs it where masscanned is to run.
   * @param stdout Whether its standard output is a pipe.
   */
  static async start(
    args: string = FOR_OURS,
    command: string = MASSCANNED,
    where: string = ON_SENSOR,
    stdout: "null" | "piped" = "null",
  ): Promise<Masscanned> {
    // The one before may have had another hardware address.
    await succeed("ip neighbour flush dev client0");
    const masscanned = new Masscanned(args, command, where, stdout);
    await masscanned.says(/^WARN - answering on \w+ as /);
    return masscanned;
  }

  /** What it prints on standard output, if that is a pipe. */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#child.stdout;
  }

  /** Its process id, within the lab. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until it has printed a line. */
  async says(line: string | RegExp): Promise<void> {
    const isMeant = (said: string) =>
      typeof line === "string" ? said === line : line.test(said);
    await until(
      `masscanned says ${line}; it said ${this.lines.join("\n")}`,
      () => {
        if (this.lines.some(isMeant)) return true;
        ok(!this.#status, `masscanned ended: ${this.lines.join("\n")}`);
        return false;
      },
    );
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /**
   * Ends it as an operator would.
   *
   * @returns How it ended.
   */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<Deno.CommandStatus> {
    if (!this.#status) this.#child.kill(signal);
    const killer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
    await this.#reading;
    clearTimeout(killer);
    return await this.#child.status;
  }

  /** Ends it, and checks that all was well with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { code, signal } = await this.stop();
    deepStrictEqual({ code, signal }, { code: 0, signal: null });
    const bad = this.lines.filter((line) =>
      !/^(WARN|INFO|DEBUG) - /.test(line)
    );
    deepStrictEqual(bad, []);
  }

  async #read(): Promise<void> {
    let rest = "";
    const text = this.#child.stderr.pipeThrough(new TextDecoderStream());
    for await (const chunk of text) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      this.lines.push(...lines);
    }
    if (rest) this.lines.push(rest);
    this.#status = await this.#child.status;
  }
}

function whatIsMissing(clients: readonly string[]): string | undefined {
  if (SENSOR === undefined) return "there is no lab";
  // In a user namespace that knows one user, sshd cannot become another.
  const users = Deno.readTextFileSync("/proc/self/uid_map");
  if (clients.includes("sshd") && !/ 4294967295$/m.test(users)) {
    return "sshd needs root";
  }
  const missing = clients.find((client) => !isInstalled(client));
  return missing && `${missing} is not installed`;
}

function isInstalled(program: string): boolean {
  return Deno.env.get("PATH")!.split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
