/**
 * `scripts/bench.sh`: what everything costs on a virtual cable, where a
 * generator of ours asks and checks every answer, and how masscanned compares
 * with others that answer there.
 *
 * ```sh
 * scripts/bench.sh [--rounds N] [--milliseconds N] [--json FILE]
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import { RING_LEN } from "../../../ffi/packet_port.ts";
import { succeed } from "../../lab/lab.ts";
import { median } from "../rounds.ts";
import { sample, Scores } from "./contest.ts";
import { Exchanges } from "./exchange.ts";
import type { Load } from "./load.ts";
import { LoadPort } from "./load_port.ts";
import { Mix } from "./mix.ts";
import { letKernelAnswer } from "./kernel.ts";
import { measureMemory } from "./memory.ts";
import { masscanned, pinGenerator, Responder, rival } from "./responder.ts";
import { run } from "./run.ts";
import * as single from "./single.ts";
import { tell, tellMemory, tellStart } from "./tell.ts";

const OPTIONS = {
  rounds: { type: "string", default: "5" },
  milliseconds: { type: "string", default: "1000" }, // of one sample
  json: { type: "string" },
} as const;
const values = readArgs();
const rounds = Number(values.rounds);
const sampleMs = Number(values.milliseconds);
if (!(rounds >= 1 && sampleMs >= 1)) explain();

function readArgs(): { rounds: string; milliseconds: string; json?: string } {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch {
    return explain();
  }
}

function explain(): never {
  // deno-lint-ignore no-console
  console.error(
    "Usage: scripts/bench.sh [--rounds N] [--milliseconds N] [--json FILE]",
  );
  Deno.exit(2);
}

type MakeLoad = (port: LoadPort) => Load;
const exchanges: MakeLoad = (port) => new Exchanges(port);
const mix: MakeLoad = (port) => new Mix(port);
const { arp, noise, ping, queries, syns, tooManyQueries } = single;
const SOME = [syns, exchanges, mix];
const ALL = [...SOME, ping, arp, queries, tooManyQueries, noise];

const folder = await Deno.makeTempDir();
await Deno.chmod(folder, 0o777); // masscanned does not stay root
const EVERY_SINK = `--events ${folder}/events.ndjson --format json ` +
  `--pcap ${folder}/scan.pcapng --pcap-files 2 --metrics 127.0.0.1:9100`;

// [name for a person, command, what it is asked]
const RIVALS: readonly (readonly [string, string, readonly MakeLoad[]])[] = [
  ["masscanned", masscanned(""), ALL],
  ["naive loop, same stack", rival("naive.ts"), ALL],
  ["that waits for each frame", rival("naive.ts waits"), SOME],
  ["that has a large buffer", rival(`naive.ts ${RING_LEN}`), SOME],
  ["two workers", masscanned("--workers 2"), SOME],
  ["--quiet", masscanned("--quiet"), SOME],
  ["every sink", masscanned(EVERY_SINK), SOME],
  ["frames sent back, no stack", rival("echo.ts"), [single.echoes, ping]],
];

pinGenerator();
using port = new LoadPort();
await using target = await letKernelAnswer();
const scores = new Scores();
const starts: number[] = [];
for (let round = rounds; round > 0; round--) {
  for (const [name, command, loads] of RIVALS) {
    await using responder = Responder.start(port, command);
    if (command === RIVALS[0]![1]) starts.push(responder.startedIn);
    scores.add(name, "idle", sample(port, responder, undefined, sampleMs));
    for (const make of loads) run(port, make(port), sampleMs);
    for (const make of loads) {
      const load = make(port);
      scores.add(name, load.name, sample(port, responder, load, sampleMs));
    }
  }
  for (const make of [single.closedSyns, ping]) {
    const load = make(port, target);
    const taken = sample(port, undefined, load, sampleMs);
    scores.add("the kernel itself", load.name, taken);
  }
}
const memory = await measureMemory(port);
await succeed(`rm -r ${folder}`);

const { standings } = scores;
tell(standings);
tellStart(starts);
tellMemory(memory);
if (values.json !== undefined) {
  const results = { standings, startMs: median(starts), memory };
  Deno.writeTextFileSync(values.json, JSON.stringify(results, null, 2) + "\n");
}
