/**
 * `deno task bench`: what everything costs, in process and on one core.
 *
 * ```sh
 * deno task bench [--json FILE]
 * ```
 *
 * @module
 */

import { addresses } from "./addresses.ts";
import { flows } from "./flows.ts";
import { frames } from "./frames.ts";
import { protocols } from "./protocols.ts";
import { hold } from "./report.ts";
import { sinks } from "./sinks.ts";

const [option, file] = Deno.args;
const contests = [frames, flows, addresses, protocols, sinks];
const results = contests.flatMap((make) => [make()].flat().map(hold));
if (option === "--json" && file !== undefined) {
  Deno.writeTextFileSync(file, JSON.stringify(results, null, 2) + "\n");
}
