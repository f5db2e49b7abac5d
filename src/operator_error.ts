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
