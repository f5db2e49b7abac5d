/**
 * What the command line prints.
 *
 * @module
 */

import { parseCommand, type PrintCommand } from "../../src/cli.ts";
/** The text that arguments ask for. */
export function print(args: readonly string[]): PrintCommand {
  const command = parseCommand(args);
  if (command.command === "print") return command;
  throw new TypeError(`Cannot print: the command is "${command.command}"`);
}
