/**
 * Frames of the vectors, by what becomes of them.
 *
 * @module
 */

import { NO_TAG } from "../src/stack/link.ts";
import { VERDICTS } from "../src/verdict.ts";
import { type HarnessOptions, makeStack } from "./harness.ts";

/**
 * Picks one frame for each verdict, answered or dropped, that a file has.
 *
 * @param file Name of a file in `test/vectors`.
 * @param options How the stack that judges them differs from the usual one.
 * @returns Frames, by the name of the verdict.
 */
export function frameOfEachVerdict(
  file: string,
  options: HarnessOptions,
): Map<string, Uint8Array> {
  const url = new URL(`vectors/${file}`, import.meta.url);
  const { vectors } = JSON.parse(Deno.readTextFileSync(url));
  const { arena, outbox, stack } = makeStack(options, () => {});
  const frames = new Map<string, Uint8Array>();
  for (const { list = true, deny, request, vlan } of vectors) {
    if (!list || deny || vlan !== undefined) continue;
    const frame = Uint8Array.fromHex(request);
    const end = arena.bytes.length;
    const at = end - frame.length;
    arena.bytes.set(frame, at);
    const verdict = stack.receive(at, end, NO_TAG, false);
    outbox.flush();
    if (!frames.has(VERDICTS[verdict]!)) frames.set(VERDICTS[verdict]!, frame);
  }
  return frames;
}
