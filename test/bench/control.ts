/**
 * What records cost the control thread, by what they are of: all that the sinks
 * do with them but the writing itself.
 *
 * @module
 */

import type { AnswerOptions } from "../../src/cli/command.ts";
import type { Target } from "../../src/sink/output.ts";
import { Outputs } from "../../src/sink/outputs.ts";
import { Sinks } from "../../src/sink/sinks.ts";
import { Clients } from "./clients.ts";
import type { Contest } from "./report.ts";
import type { Rival } from "./rounds.ts";

const A_BUFFER = 16; // deeds whose records are taken together
const SOURCE = 16_384; // from one client to one of the next source

/** Something that takes everything. */
const NOWHERE: Target = {
  name: "nowhere",
  open: () => ({ writeSync: ({ length }) => length }),
};

type Deed = "syn" | "exchange" | "query";

// [name for a person, what is done, by how many, how many clients apart]
const LOADS: readonly [string, Deed, count: number, step: number][] = [
  ["SYN of one source", "syn", 4096, 1],
  ["SYN of a forged source", "syn", 65_536, SOURCE + 1],
  ["HTTP exchange of ten frames", "exchange", 1024, 1],
  ["DNS query", "query", 1024, 1],
];

// [what is asked for, options]
const SINKS: readonly [
  name: string,
  options: Pick<AnswerOptions, "events" | "format">,
][] = [
  ["events", { events: "events", format: undefined }],
  ["events and packet log", { events: "events", format: "json" }],
];

/** Makes a contest for each set of sinks. */
export function control(): Contest[] {
  return SINKS.map(([name, options]) => ({
    title: `Control thread: ${name}`,
    rivals: LOADS.map((load) => rivalOf(load, options)),
  }));
}

function rivalOf(
  [name, deed, deeds, step]: typeof LOADS[number],
  options: Pick<AnswerOptions, "events" | "format">,
): Rival {
  const outputs = new Outputs(() => NOWHERE, () => {});
  const sinks = new Sinks(
    { ...options, quiet: false, verbosity: 0 } as AnswerOptions,
    outputs,
  );
  const buffers: (readonly [ArrayBuffer, number])[] = [];
  const clients = new Clients({ listen: sinks.listen }, (buffer, length) => {
    buffers.push([buffer.slice(0, length), length]);
  });
  for (let i = 0; i < deeds; i++) {
    clients[deed](step * i);
    if (i % A_BUFFER === 0) clients.flush();
  }
  clients.flush();
  const share = buffers.length / deeds; // of a buffer, in a deed
  let due = 0;
  let next = 0;
  const run = (count: number): void => {
    for (due += count * share; due >= 1; due -= 1) {
      sinks.take(...buffers[next++ % buffers.length]!, "eth0");
    }
  };
  return { name, run };
}
