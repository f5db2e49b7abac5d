/**
 * Frames that the fuzzer begins with.
 *
 * @module
 */

import { CAPTURES } from "../captures.ts";

/** Requests of all vectors that scapy made. */
export function vectorFrames(): Uint8Array[] {
  const url = new URL("../vectors/vectors.json", import.meta.url);
  const { vectors } = JSON.parse(Deno.readTextFileSync(url));
  return vectors.map(({ request }: { request: string }) =>
    Uint8Array.fromHex(request)
  );
}

/** What clients and the program have said in all captures. */
export function recordedFrames(): Uint8Array[] {
  return CAPTURES.flatMap(({ frames }) => frames.map(({ octets }) => octets));
}
