/**
 * What the person who runs the program can put right.
 *
 * @module
 */

/**
 * A mistake or a state of the machine that the operator can act on.
 *
 * `main.ts` prints its message as one line, without a stack trace, and exits
 * with status 1. Any other error that reaches `main.ts` is a defect of ours.
 */
export class OperatorError extends Error {
  /** Name of the class, as error output shows it. */
  override readonly name = "OperatorError";
}

/**
 * Says for the operator why a file could not be opened, read or written.
 *
 * @param error What Deno threw.
 */
export function fileReason(error: unknown): string {
  // Deno's own advice would be to start it with other permissions.
  if (error instanceof Deno.errors.NotCapable) {
    return "devices cannot be used, but files and pipes can";
  }
  // "No such file or directory (os error 2): readfile 'ips.txt'"
  return (error as Error).message.split(" (os error")[0]!;
}
