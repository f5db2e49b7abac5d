/**
 * Whoever answers on the sensor's side of the lab, and what the kernel says it
 * takes.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { MASSCANNED, ON_SENSOR } from "../../lab/lab.ts";
import { SELF_IPS, SELF_MAC } from "../../harness.ts";
import type { LoadPort } from "./load_port.ts";
import { firstAnswer } from "./run.ts";

// The kernel puts who is woken where who woke it runs, so that one core would
// have both to do and the other nothing, now and then for all of a sample.
// Whatever else they do, generator and responder have a core each.
const GENERATOR_CORE = 0;
const RESPONDER_CORE = 1;
const CORES = `${GENERATOR_CORE}-${navigator.hardwareConcurrency - 1}`;

const PATIENCE_MS = 10_000;
const TICKS = 100; // of the kernel's accounting, a second: USER_HZ
const UTIME = 11; // fields behind the name: proc_pid_stat(5)
const STIME = 12;

/** Keeps a thread on one core, if there are several. */
function pin(thread: number, core: number): void {
  if (navigator.hardwareConcurrency === 1) return;
  const args = ["-c", "-p", `${core}`, `${thread}`];
  new Deno.Command("taskset", { args, stdout: "null" }).outputSync();
}

/** Keeps the generator where no responder is. */
export function pinGenerator(): void {
  pin(Deno.pid, GENERATOR_CORE);
}

/** Time that the processor spent on a program, in microseconds. */
export interface Spent {
  /** In the program. */
  readonly user: number;
  /** In the kernel for it. */
  readonly system: number;
}

/** A program that answers. Declare it with `await using`. */
export class Responder implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  /** From its start to its first answer, in milliseconds. */
  readonly startedIn: number;

  private constructor(child: Deno.ChildProcess, startedIn: number) {
    this.#child = child;
    this.startedIn = startedIn;
  }

  /**
   * Starts a program and waits until it answers.
   *
   * @param port Where it is asked.
   * @param command The program and its arguments, between blanks.
   */
  static start(port: LoadPort, command: string): Responder {
    const started = `taskset -c ${CORES} ${ON_SENSOR} ${command}`;
    const [program, ...args] = started.trim().split(" ");
    const since = port.now();
    const child = new Deno.Command(program!, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const startedIn = firstAnswer(port, since, PATIENCE_MS) / 1000;
    const responder = new Responder(child, startedIn);
    const [thread, ...others] = responder.#packetThreads;
    if (others.length === 0) pin(thread!, RESPONDER_CORE);
    return responder;
  }

  /** Its threads that answer: Deno's workers, or the only one there is. */
  get #packetThreads(): number[] {
    const { pid } = this.#child;
    const workers = [...Deno.readDirSync(`/proc/${pid}/task`)]
      .map(({ name }) => Number(name))
      .filter((thread) => {
        const path = `/proc/${pid}/task/${thread}/comm`;
        return Deno.readTextFileSync(path).startsWith("worker-");
      });
    return workers.length > 0 ? workers : [pid];
  }

  /** What it took so far, all its threads together. */
  get spent(): Spent {
    let user = 0;
    let system = 0;
    const tasks = `/proc/${this.#child.pid}/task`;
    for (const { name } of Deno.readDirSync(tasks)) {
      const stat = Deno.readTextFileSync(`${tasks}/${name}/stat`);
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      user += Number(fields[UTIME]) / TICKS * 1e6;
      system += Number(fields[STIME]) / TICKS * 1e6;
    }
    return { user, system };
  }

  /** Memory of the machine that it holds, ring included, in octets. */
  get resident(): number {
    const status = Deno.readTextFileSync(`/proc/${this.#child.pid}/status`);
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }
}

/** Runs masscanned with further options. */
export function masscanned(options: string): string {
  return `${MASSCANNED} -i sensor0 -m ${SELF_MAC} --self-ip-list ${SELF_IPS} ` +
    options;
}

/** Runs one of the programs beside this one, with its arguments. */
export function rival(command: string): string {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  return `${Deno.execPath()} run --quiet --allow-all ${folder}${command}`;
}
