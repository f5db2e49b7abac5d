import { deepStrictEqual, notDeepStrictEqual } from "node:assert/strict";
import { dns } from "../../src/proto/dns.ts";
import { rpc } from "../../src/proto/rpc.ts";
import { stun } from "../../src/proto/stun.ts";
import type { Protocol } from "../../src/protocol.ts";
import { ask } from "./ask.ts";

interface Vector {
  readonly name: string;
  readonly port?: number;
  readonly request: string;
  readonly response: string;
}

// What a client asked a real server under this address, and what that said.
// [protocol, name of a vector, the server's address, its port]
const ASKED: readonly [Protocol, name: string, outer: string, port: number][] =
  [
    [dns, "an address", "c0000202", 53],
    [rpc, "GETADDR 3", "c000020a", 111],
    [rpc, "GETADDR 4 over IPv6", "20010db8000000000000000000000010", 111],
    [stun, "bare", "7f000001", 3478],
    [stun, "of RFC 3489", "7f000001", 3478],
  ];
const FILES = new Map([[dns, "dns"], [rpc, "rpc"], [stun, "stun"]]);
const INNER = ["00ff0001", "fd6d6173736300000000000000000001"];

for (const [protocol, name, outer, selfPort] of ASKED) {
  Deno.test(`${protocol.name} tells the public address: ${name}, ${outer}`, () => {
    const { port = 40_000, request, response } = vectorOf(protocol, name);
    const inner = INNER.find((it) => it.length === outer.length)!;
    const self = Uint8Array.fromHex(inner);
    const peer = Uint8Array.fromHex(outer); // of STUN, where the test ran
    const answers = (translations: [string, string][]): readonly string[] =>
      ask({
        protocols: [protocol],
        self,
        peer,
        peerPort: port,
        selfPort,
        translations: translations.map(([inner, outer]) => ({
          inner: Uint8Array.fromHex(inner),
          outer: Uint8Array.fromHex(outer),
        })),
      }, Uint8Array.fromHex(request)).answers;
    deepStrictEqual(answers([[inner, outer]]), [response]);
    notDeepStrictEqual(answers([]), [response]);
    // Another address of ours is none of its business.
    deepStrictEqual(answers([[outer, inner]]), answers([]));
  });
}

/** What was asked, and answered. */
function vectorOf(protocol: Protocol, name: string): Vector {
  const file = `../vectors/${FILES.get(protocol)}.json`;
  const text = Deno.readTextFileSync(new URL(file, import.meta.url));
  const all = JSON.parse(text);
  // deno-lint-ignore no-explicit-any -- whatever JSON holds
  const found = (all.vectors ?? all).find((it: any) => it.name === name);
  const { call, linux, ...more } = found;
  return { request: call, response: linux, ...more };
}
