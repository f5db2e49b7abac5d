/**
 * What `share` does to the host, one step at a time.
 *
 * @module
 */

/** Runs a program. */
export interface RunStep {
  /** Tells the steps apart. */
  readonly kind: "run";
  /** The program and its arguments. */
  readonly words: readonly [program: string, ...args: string[]];
  /** What it reads on standard input: whole lines. */
  readonly input?: string;
}

/** Sets a kernel parameter, as sysctl(8) does. */
export interface SetStep {
  /** Tells the steps apart. */
  readonly kind: "set";
  /** Path under `/proc/sys`, such as `"net/ipv4/conf/eth0/forwarding"`. */
  readonly key: string;
  /** Its value. */
  readonly value: string;
}

/** One change. */
export type Step = RunStep | SetStep;

/**
 * Makes a step that runs a program.
 *
 * @param command The program and its arguments, between blanks.
 * @param more Further arguments, which may hold blanks themselves.
 * @returns The step.
 */
export function run(command: string, ...more: readonly string[]): RunStep {
  const [program = "", ...args] = command.split(" ");
  return { kind: "run", words: [program, ...args, ...more] };
}

/**
 * Makes a step that runs a program on some input.
 *
 * @param command The program and its arguments, between blanks.
 * @param input What it reads on standard input: whole lines.
 * @returns The step.
 */
export function feed(command: string, input: string): RunStep {
  return { ...run(command), input };
}

/**
 * Makes a step that sets a kernel parameter.
 *
 * @param key Path under `/proc/sys`.
 * @param value Its value.
 * @returns The step.
 */
export function set(key: string, value: string): SetStep {
  return { kind: "set", key, value };
}

/**
 * Says a step as a command for the shell.
 *
 * @param step The step.
 * @returns Whole lines, without the last line's end.
 */
export function shellText(step: Step): string {
  if (step.kind === "set") {
    return `sysctl -w ${quoted(`${parameterName(step.key)}=${step.value}`)}`;
  }
  const line = step.words.map(quoted).join(" ");
  return step.input === undefined ? line : `${line} <<'END'\n${step.input}END`;
}

/**
 * Names a kernel parameter as sysctl(8) does.
 *
 * @param key Path under `/proc/sys`.
 * @returns Its name with dots, unless an interface's name has one.
 */
export function parameterName(key: string): string {
  return key.includes(".") ? key : key.replaceAll("/", ".");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", "'\\''")}'`;
}
