/**
 * `deno task bench`: what everything costs, in process and on one core.
 *
 * ```sh
 * deno task bench [--json FILE]
 * ```
 *
 * @module
 */

import { CONTESTS } from "./contests.ts";
import { hold } from "./report.ts";

const [option, file] = Deno.args;
const results = CONTESTS.flatMap((make) => [make()].flat().map(hold));
if (option === "--json" && file !== undefined) {
  Deno.writeTextFileSync(file, JSON.stringify(results, null, 2) + "\n");
}
