import { strictEqual } from "node:assert/strict";
import { connStateOf, letterOf } from "../../src/event/history.ts";

// As Zeek's documentation defines the states, and as its logs have them.
const STATES: readonly [history: string, isEmpty: boolean, state: string][] = [
  ["S", true, "S0"],
  ["Sh", true, "S1"],
  ["ShA", true, "S1"],
  ["ShADad", false, "S1"],
  ["ShADadFf", false, "SF"],
  ["ShADadfF", false, "SF"],
  ["ShADadFfR", false, "SF"],
  ["ShADadFRf", false, "SF"],
  ["Sr", true, "REJ"],
  ["ShADaF", false, "S2"],
  ["ShADadf", false, "S3"],
  ["ShR", true, "RSTO"],
  ["ShAR", true, "RSTO"],
  ["ShADadFR", false, "RSTO"],
  ["ShADTdtr", false, "RSTR"],
  ["SR", true, "RSTOS0"],
  ["Cr", true, "RSTRH"],
  ["Ar", true, "RSTRH"],
  ["SF", true, "SH"],
  ["F", true, "SH"],
  ["hf", true, "SHR"],
  ["C", true, "OTH"],
  ["A", true, "OTH"],
  ["R", true, "OTH"],
  ["", true, "OTH"],
];

for (const [history, isEmpty, state] of STATES) {
  Deno.test(`connStateOf() of "${history}" is ${state}`, () => {
    strictEqual(connStateOf(history, isEmpty), state);
  });
}

// Flags as in RFC 9293 §3.1, letters as in Zeek's documentation.
const SEGMENTS: readonly [flags: number, length: number, letter: string][] = [
  [0x02, 0, "S"],
  [0x02, 9, "S"],
  [0x12, 0, "H"],
  [0x10, 0, "A"],
  [0x18, 9, "D"],
  [0x11, 9, "F"],
  [0x14, 0, "R"],
  [0x05, 0, "I"],
  [0x2b, 0, "Q"], // nmap's T2 to T7
  [0x06, 0, "Q"],
  [0x00, 0, ""],
];

for (const [flags, length, letter] of SEGMENTS) {
  Deno.test(`letterOf() flags ${flags} with ${length} octets is "${letter}"`, () => {
    strictEqual(letterOf(flags, length), letter);
  });
}
