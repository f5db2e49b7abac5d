import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Harness, START } from "./harness.ts";

/** One row of `vectors/closed.json`; `vectors/closed.py` says how it came. */
interface Vector {
  name: string;
  open: boolean;
  request: string;
  reply: string | null;
  ignore?: [from: number, to: number][];
}

const url = new URL("vectors/closed.json", import.meta.url);
const { vectors }: { vectors: Vector[] } = JSON.parse(
  Deno.readTextFileSync(url),
);
const ports = "tcp/80";
const BROADCAST = Uint8Array.fromHex("ffffffffffff");

// A segment of octets or an end that may have overtaken the first octets of a
// connection: see `TcpReset.isDue`.
const MAY_HAVE_OVERTAKEN = /^TCP.* (A|PA), data$|^TCP.* FA(, data)?$/;

for (const { name, open, request, reply, ignore = [] } of vectors) {
  const frame = Uint8Array.fromHex(request);
  const blank = (hex: string | undefined): string | undefined =>
    ignore.reduce(
      (hex, [from, to]) =>
        hex?.replace(
          new RegExp(`(?<=^.{${2 * from}}).{${2 * (to - from)}}`),
          "..".repeat(to - from),
        ),
      hex,
    );
  const answer = (harness: Harness, frame: Uint8Array): string | undefined =>
    blank(harness.receive(frame)[0]?.toHex());

  if (!open || !MAY_HAVE_OVERTAKEN.test(name)) {
    const expected = blank(reply ?? undefined);
    Deno.test(`a port that is ${open ? "open" : "closed"} answers as Linux's: ${name}`, () => {
      deepStrictEqual(answer(new Harness({ ports }), frame), expected);
      if (open) deepStrictEqual(answer(new Harness(), frame), expected);
    });
  }

  if (!open) {
    Deno.test(`the original's port is closed without a word: ${name}`, () => {
      const harness = new Harness({ ports, persona: "classic" });
      deepStrictEqual(answer(harness, frame), undefined);
      strictEqual(harness.verdict, "port_closed");
    });

    Deno.test(`nobody is refused who spoke to all: ${name}`, () => {
      const harness = new Harness({ ports });
      deepStrictEqual(
        answer(harness, Uint8Array.of(...BROADCAST, ...frame.subarray(6))),
        undefined,
      );
    });
  }

  if (reply !== null) {
    Deno.test(`a refusal is met with silence: ${name}`, () => {
      const harness = new Harness({ ports, list: false });
      deepStrictEqual(answer(harness, swapMacs(reply)), undefined);
    });
  }
}

// Vector, errors at once, milliseconds between them in the long run: on Linux
// 6.1, BURST of inet_peer_xrlim_allow(), net.ipv4.icmp_ratelimit and
// net.ipv6.icmp.ratelimit / 16 for peers by the default route.
const RATES = [["UDP over IPv4, 0 octets", 1000], [
  "UDP over IPv6, 0 octets",
  62,
]] as const;

for (const [name, pace] of RATES) {
  Deno.test(`a peer gets 6 errors at once, then one in ${pace} ms: ${name}`, () => {
    const { request } = vectors.find((vector) => vector.name === name)!;
    const frame = Uint8Array.fromHex(request);
    const harness = new Harness({ ports });
    const errorsOf = (count: number): number => {
      let errors = 0;
      for (let i = 0; i < count; i++) errors += harness.receive(frame).length;
      return errors;
    };
    strictEqual(errorsOf(100), 6);
    strictEqual(harness.verdict, "icmp_over_limit");
    harness.stack.tick(START + pace - 1);
    strictEqual(errorsOf(10), 0);
    harness.stack.tick(START + pace);
    strictEqual(errorsOf(10), 1);
    harness.stack.tick(START + 3_600_000);
    strictEqual(errorsOf(100), 6);
    harness.stack.tick(START); // set back
    strictEqual(errorsOf(100), 6);
  });
}

Deno.test("an error that is longer than the datagram needs an amplification limit above 1", () => {
  const { request } = vectors.find(({ name }) => name.startsWith("UDP"))!;
  const harness = new Harness({ ports, amplificationLimit: 1 });
  deepStrictEqual(harness.receive(Uint8Array.fromHex(request)), []);
  strictEqual(harness.verdict, "udp_amplification");
});

/** A frame sent back to where it came from. */
function swapMacs(hex: string): Uint8Array {
  return Uint8Array.fromHex(
    hex.slice(12, 24) + hex.slice(0, 12) + hex.slice(24),
  );
}
