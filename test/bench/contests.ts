/**
 * Everything that is measured in process.
 *
 * @module
 */

import { addresses } from "./addresses.ts";
import { control } from "./control.ts";
import { flows } from "./flows.ts";
import { frames } from "./frames.ts";
import { protocols } from "./protocols.ts";
import type { Contest } from "./report.ts";
import { sinks } from "./sinks.ts";

/** Makers of contests, in the order in which they are held. */
export const CONTESTS: readonly (() => Contest | Contest[])[] = [
  frames,
  flows,
  addresses,
  protocols,
  sinks,
  control,
];
