/**
 * Answers a capture instead of an interface, the same way every time: the
 * clock is the capture's, and the key is fixed.
 *
 * @module
 */

import { getLogger } from "@logtape/logtape";
import { Arena } from "../arena.ts";
import type { ReplayCommand } from "../cli/command.ts";
import { openDiagnostics } from "../diagnostics.ts";
import { fileReason, OperatorError } from "../operator_error.ts";
import { Outbox } from "../outbox.ts";
import {
  type CapturedFrame,
  pcapHeader,
  pcapRecord,
  readPcap,
} from "../pcap.ts";
import { isPcapng, readPcapng } from "../pcapng_reader.ts";
import { quote } from "../printable.ts";
import { speakOnly } from "../proto/mod.ts";
import { BUFFER_LEN } from "../record/layout.ts";
import { Recorder } from "../record/recorder.ts";
import { KEY_LEN } from "../siphash.ts";
import type { Target } from "../sink/output.ts";
import { Outputs } from "../sink/outputs.ts";
import { Sinks } from "../sink/sinks.ts";
import { macText } from "../address/text.ts";
import { NO_TAG } from "../stack/link.ts";
import { Stack, STACK_MEMORY } from "../stack/stack.ts";
import { VERDICT } from "../verdict.ts";
import { MAC_LEN } from "../wire/ethernet.ts";
import { guessMac } from "./guess_mac.ts";
import { behaviourOf } from "./messages.ts";
import { loadLists, policyOf } from "./policy.ts";
import { reasonForSilence } from "./silence.ts";
import { summaryOf } from "./summary.ts";

const MTU = 1500;
const SLOTS = 64;
const SLOT_LEN = 65_536; // captures hold frames that are longer than the MTU
const FRAME_MAX = 262_144;

/** Ours if nothing in the capture tells, as in the original program. */
const FALLBACK_MAC = Uint8Array.fromHex("c0ffeec0ffee");

/**
 * Answers a capture.
 *
 * @param options What the command line asks for.
 * @throws {OperatorError} If a file cannot be read or written.
 */
export function replay(options: ReplayCommand): void {
  using _diagnostics = openDiagnostics(options);
  const { input, output } = options;
  const frames = readFrames(input);
  const lists = loadLists(options);
  const policy = policyOf(lists, [], []);
  const mac = options.mac ?? guessMac(frames, lists.own) ?? FALLBACK_MAC;
  // "-" is standard output.
  using file = output === undefined || output === "-"
    ? undefined
    : create(output, input);
  const logger = getLogger("masscanned");
  using outputs = new Outputs(targetOf, (text) => {
    logger.warn("{text}", { text });
  });
  const sinks = new Sinks(options, outputs);
  sinks.setTranslations(lists.translations);
  const answers: Uint8Array[] = [pcapHeader()];
  let now = 0;

  const memory = new ArrayBuffer(FRAME_MAX + STACK_MEMORY + SLOTS * SLOT_LEN);
  const arena = new Arena(memory, FRAME_MAX);
  const outbox = new Outbox(arena, SLOTS, SLOT_LEN, (outbox) => {
    for (let i = 0; i < outbox.count; i++) {
      const frame = arena.bytes.subarray(outbox.slotAt(i), outbox.ends[i]);
      answers.push(pcapRecord(now, frame));
    }
  });
  const recorder = new Recorder(arena.bytes, sinks.listen, (buffer, length) => {
    sinks.take(buffer, length);
    recorder.give(buffer);
  });
  recorder.give(new ArrayBuffer(BUFFER_LEN));
  const stack = new Stack(arena, outbox, recorder, {
    mac,
    mtu: MTU,
    policy,
    ...behaviourOf(options),
    protocols: speakOnly(options.protocols),
    key: options.cookieKey ?? new Uint8Array(KEY_LEN),
  });

  for (const { isCut, octets, time } of frames) {
    now = time;
    stack.tick(now);
    if (isCut || octets.length > FRAME_MAX) {
      stack.refuse(VERDICT.frame_cut);
    } else if (!isFrom(octets, mac)) {
      const at = FRAME_MAX - octets.length;
      arena.bytes.set(octets, at);
      stack.receive(at, FRAME_MAX, NO_TAG, false);
      outbox.flush();
    }
  }
  stack.end();
  sinks.end();
  if (output !== undefined) writeAll(file ?? Deno.stdout, output, answers);
  const elapsed = now - (frames[0]?.time ?? now);
  const { counts: verdicts, flowCount: flows } = stack;
  const counted = { verdicts, answers: stack.answers, flows };
  const said = `${frames.length} frames, ${answers.length - 1} answers`;
  report(options, mac, said, summaryOf(counted, outputs.all, elapsed));
  const reason = reasonForSilence(verdicts);
  if (reason !== undefined) logger.warn("{reason}", { reason });
}

/** Tells the operator what came of it. */
function report(
  { input, output }: ReplayCommand,
  mac: Uint8Array,
  said: string,
  summary: readonly string[],
): void {
  const logger = getLogger("masscanned");
  const to = output === undefined ? "" : `, written to ${quote(output)}`;
  const line = `${quote(input)}: ${said} as ${macText(mac)}${to}`;
  logger.warn("{line}", { line });
  for (const line of summary) logger.info("{line}", { line });
}

/** What a path means to an output that may wait for its reader. */
function targetOf(path: string): Target {
  if (path === "-") return { name: "standard output", open: () => Deno.stdout };
  const options = { append: true, create: true };
  return { name: quote(path), open: () => Deno.openSync(path, options) };
}

/** Reads a whole capture. */
function readFrames(path: string): CapturedFrame[] {
  try {
    const file = Deno.readFileSync(path);
    return [...(isPcapng(file) ? readPcapng(file) : readPcap(file))];
  } catch (cause) {
    const reason = fileReason(cause);
    throw new OperatorError(`Cannot read ${quote(path)}: ${reason}`, { cause });
  }
}

/** Whether a frame in the capture was sent by us. */
function isFrom(octets: Uint8Array, mac: Uint8Array): boolean {
  return octets.length >= 2 * MAC_LEN &&
    mac.every((octet, i) => octets[MAC_LEN + i] === octet);
}

/** Makes the file of the answers, which must not be the one that is read. */
function create(path: string, input: string): Deno.FsFile {
  if (isSameFile(path, input)) {
    throw new OperatorError(
      `Cannot write ${quote(path)}: it is the capture that is read. ` +
        "Name another after -w",
    );
  }
  const options = { write: true, create: true, truncate: true };
  return writing(path, () => Deno.openSync(path, options));
}

/** Whether two paths lead to one file. */
function isSameFile(a: string, b: string): boolean {
  try {
    const [one, other] = [Deno.statSync(a), Deno.statSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false; // one of them is not there yet
  }
}

/** Writes a file from its pieces. */
function writeAll(
  file: Pick<Deno.FsFile, "writeSync">,
  path: string,
  pieces: readonly Uint8Array[],
): void {
  writing(path, () => {
    for (let piece of pieces) {
      while (piece.length > 0) piece = piece.subarray(file.writeSync(piece));
    }
  });
}

/** Does something to a file, and says in a line what goes wrong. */
function writing<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const reason = fileReason(cause);
    throw new OperatorError(`Cannot write ${quote(path)}: ${reason}`, {
      cause,
    });
  }
}
