/**
 * Does the steps of a plan.
 *
 * @module
 */

import { SystemError } from "../../ffi/errno.ts";
import { writeKernelFile } from "../../ffi/kernel_file.ts";
import { OperatorError } from "../operator_error.ts";
import { type RunStep, shellText, type Step } from "./step.ts";

/**
 * Does a step.
 *
 * @param step The step.
 * @returns What the program printed.
 * @throws {OperatorError} If it failed; names the command and its reason.
 */
export async function execute(step: Step): Promise<string>;
/**
 * Does a step if its program is installed.
 *
 * @param step The step.
 * @param when That it is all right if it is not.
 * @returns What the program printed; `undefined` if there is no such program.
 * @throws {OperatorError} If it failed; names the command and its reason.
 */
export async function execute(
  step: Step,
  when: "if it is there",
): Promise<string | undefined>;
export async function execute(
  step: Step,
  when?: "if it is there",
): Promise<string | undefined> {
  try {
    if (step.kind === "run") return await output(step);
    writeKernelFile(`/proc/sys/${step.key}`, step.value);
    return "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && when) return undefined;
    throw new OperatorError(`Cannot share: ${reasonOf(step, error)}`);
  }
}

/** Runs a program to its end. */
async function output({ words, input }: RunStep): Promise<string> {
  const [program, ...args] = words;
  const child = new Deno.Command(program, {
    args,
    env: { LC_ALL: "C" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // One that fails may not have read everything.
  const written = writer.write(new TextEncoder().encode(input ?? ""))
    .then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await written;
  const text = new TextDecoder();
  if (code === 0) return text.decode(stdout);
  const [line = `status ${code}`] = text.decode(stderr).trim().split("\n");
  throw new ProgramError(line);
}

/** A program that failed; its message is the first line that it printed. */
class ProgramError extends Error {}

function reasonOf(step: Step, error: unknown): string {
  const [command = ""] = shellText(step).split(" <<");
  if (error instanceof Deno.errors.NotFound && step.kind === "run") {
    return `the program "${step.words[0]}" is not on PATH, which it may be ` +
      `in /usr/sbin`;
  }
  if (error instanceof ProgramError || error instanceof SystemError) {
    return `"${command}" says: ${error.message}`;
  }
  throw error;
}
