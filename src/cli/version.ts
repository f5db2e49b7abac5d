/**
 * What program this is, for whoever reads a report about it.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

/**
 * The version, how the program was made, and what it runs on. An executable's
 * version says the commit that it was made from, too: `scripts/compile.sh` adds
 * that to `deno.json`.
 */
export const VERSION: string = config.version +
  ` (${made()}; Deno ${Deno.version.deno}, V8 ${Deno.version.v8},` +
  ` ${Deno.build.arch})`;

/** How the program was made. */
function made(): string {
  if (Deno.build.standalone) return "compiled";
  return config.version.includes("+") ? "packed" : "from source";
}
