/**
 * masscanned: answers whatever is sent to its addresses.
 *
 * @module
 */

import { commandOrExit, runCommandOf } from "./src/cli.ts";
import { giveUpNetwork, giveUpPrograms } from "./src/run/permissions.ts";
import { OperatorError } from "./src/operator_error.ts";

const FAILURE = 1;

try {
  const command = commandOrExit(Deno.args);
  if (command.command !== "share") giveUpPrograms();
  if (command.command !== "run") giveUpNetwork();
  // Each loads what it needs and no more: only an interface needs FFI.
  if (command.command === "share") {
    const { share } = await import("./src/share/share.ts");
    Deno.exitCode = await share(command);
  } else if (command.command === "run") {
    const { refuseDebugger } = await import("./ffi/debugger.ts");
    refuseDebugger();
    const { run } = await import("./src/run/control.ts");
    await run(command, () => runCommandOf(Deno.args));
  } else if (command.command === "check") {
    const { check } = await import("./src/run/check.ts");
    // deno-lint-ignore no-console
    console.log(check(command).trimEnd());
  } else if (command.command === "self-audit") {
    const { selfAudit } = await import("./src/run/self_audit.ts");
    const { isGood, text } = selfAudit(command);
    // deno-lint-ignore no-console
    console.log(text.trimEnd());
    if (!isGood) Deno.exitCode = FAILURE;
  } else {
    const { replay } = await import("./src/run/replay.ts");
    replay(command);
  }
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  // deno-lint-ignore no-console
  console.error(`ERROR - ${error.message}`);
  Deno.exitCode = FAILURE;
}
