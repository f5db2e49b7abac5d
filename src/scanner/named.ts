/**
 * Scanners that say who they are, and are recognised by nothing else.
 *
 * @module
 */

import { type Scanner, word } from "./scanner.ts";

/** One descriptor a name: the name, and the words of its user agent. */
export const NAMED: readonly Scanner[] = [
  ["ZGrab", "zgrab/"], // zgrab2, modules/http/scanner.go
  ["Censys", "CensysInspect/"], // about.censys.io
  ["Cortex Xpanse", "Expanse, a Palo Alto Networks company"],
  ["ipip.net", "HTTP Banner Detection (https://security.ipip.net)"],
  ["sqlmap", "sqlmap/"],
  ["WhatWeb", "WhatWeb/"],
  ["Hydra", "Mozilla/4.0 (Hydra)"],
  ["gobuster", "gobuster/"],
  ["ffuf", "Fuzz Faster U Fool"],
].map(([name, words]) => ({
  name: name!,
  type: "Tool",
  words: [word("user_agent.original", words!)],
}));
