/**
 * The commands `share up`, `share status` and `share down`.
 *
 * @module
 */

import type { ShareCommand, ShareUpCommand } from "../cli/command.ts";
import { execute } from "./execute.ts";
import { obstacles } from "./host.ts";
import { lookAtHost } from "./look.ts";
import { commandFor, mappingsOf } from "./names.ts";
import { portText } from "./options.ts";
import { planDown, planUp } from "./plan.ts";
import { printStatus } from "./status.ts";
import { shellText, type Step } from "./step.ts";
import { printLine } from "./print.ts";

/**
 * Shares addresses with masscanned, says which are, or ends it.
 *
 * @param command What the command line asks for.
 * @returns Exit status.
 * @throws {OperatorError} If it cannot be done; then all is as it was.
 */
export async function share(command: ShareCommand): Promise<number> {
  if (command.action === "status") return await printStatus();
  if (command.action === "up") return await shareUp(command);
  const steps = planDown(await lookAtHost());
  await perform(steps, command.dryRun);
  if (!command.dryRun) {
    printLine(steps.length > 0 ? "No longer shared" : "Nothing is shared");
  }
  return 0;
}

async function shareUp(command: ShareUpCommand): Promise<number> {
  const host = await lookAtHost();
  const steps = planUp(command, host);
  const wasDown = planDown(host).length === 0;
  try {
    await perform(steps, command.dryRun);
  } catch (error) {
    // What was shared before still is: the rules are changed last.
    if (wasDown) await perform(planDown(await lookAtHost()), false);
    throw error;
  }
  if (command.dryRun) return 0;
  const { v4, v6 } = mappingsOf(command.addresses);
  const mappings = [...v4, ...v6];
  for (const { outer, inner } of mappings) {
    printLine(`${outer} on ${command.iface} is shared, as ${inner}`);
  }
  printLine(
    `The host keeps ${command.keep.map(portText).join(", ") || "no port"}; ` +
      `for the rest: ${commandFor(mappings)}`,
  );
  for (const chain of obstacles(host)) {
    printLine(
      `The chain ${chain} drops what it does not know: ` +
        `add there: ct status dnat accept; ct direction reply accept`,
    );
  }
  return 0;
}

/** Does the steps, or only says them. */
async function perform(
  steps: readonly Step[],
  dryRun: boolean,
): Promise<void> {
  for (const step of steps) {
    if (dryRun) printLine(shellText(step));
    else await execute(step);
  }
}
