/**
 * masscanned: answers whatever is sent to its addresses.
 *
 * @module
 */

import { commandOrExit } from "./src/cli.ts";
import { openDiagnostics } from "./src/diagnostics.ts";
import { OperatorError } from "./src/operator_error.ts";
import { run } from "./src/run/control.ts";
import { replay } from "./src/run/replay.ts";

const FAILURE = 1;

const command = commandOrExit(Deno.args);
openDiagnostics(command);
try {
  if (command.command === "run") await run(command);
  else replay(command);
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  // deno-lint-ignore no-console
  console.error(`ERROR - ${error.message}`);
  Deno.exitCode = FAILURE;
}
