/**
 * masscanned with packet workers that can be killed: with SIGUSR2, all of them.
 * With END=hang in the environment, they hang instead, when they are asked first.
 *
 * @module
 */

import { commandOrExit } from "../../src/cli.ts";
import { run } from "../../src/run/control.ts";

const command = commandOrExit(Deno.args);
if (command.command !== "run") throw new TypeError("not for this");
const worker = new URL("./mortal_worker.ts", import.meta.url);
worker.search = `?${Deno.env.get("END")}`;
await run(command, () => command, worker);
