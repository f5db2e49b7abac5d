/**
 * masscanned with packet workers that can be killed: with SIGUSR2, all of them.
 *
 * @module
 */

import { commandOrExit } from "../../src/cli.ts";
import { run } from "../../src/run/control.ts";

const command = commandOrExit(Deno.args);
if (command.command !== "run") throw new TypeError("not for this");
const worker = new URL("./mortal_worker.ts", import.meta.url);
await run(command, () => command, worker);
