/**
 * All scanners that are recognised. Adding one is a file and a line here.
 *
 * @module
 */

import { hping } from "./hping.ts";
import { masscan } from "./masscan.ts";
import { mirai } from "./mirai.ts";
import { NAMED } from "./named.ts";
import { nmap } from "./nmap.ts";
import { scapy } from "./scapy.ts";
import type { Scanner } from "./scanner.ts";
import { unicornscan } from "./unicornscan.ts";
import { zmap } from "./zmap.ts";

/** The scanners, in the order in which they are asked. */
export const SCANNERS: readonly Scanner[] = [
  mirai,
  masscan,
  zmap,
  nmap,
  hping,
  scapy,
  unicornscan,
  ...NAMED,
];
