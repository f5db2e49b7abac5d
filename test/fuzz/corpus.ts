/**
 * Frames that the fuzzer begins with.
 *
 * @module
 */

/** Requests of all vectors that scapy made. */
export function vectorFrames(): Uint8Array[] {
  const url = new URL("../vectors/vectors.json", import.meta.url);
  const { vectors } = JSON.parse(Deno.readTextFileSync(url));
  return vectors.map(({ request }: { request: string }) =>
    Uint8Array.fromHex(request)
  );
}
