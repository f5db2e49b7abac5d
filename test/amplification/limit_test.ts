import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Harness } from "../harness.ts";
import { octets } from "../tcp_client.ts";

/** A datagram from 192.0.2.1:40000 to 192.0.2.10:8080, without a checksum. */
function datagram(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(42 + payload.length);
  const view = new DataView(frame.buffer);
  frame.set(Uint8Array.fromHex("0200000000010200000000020800"));
  frame.set(Uint8Array.fromHex("450000000000400040110000c0000201c000020a"), 14);
  view.setUint16(16, 28 + payload.length);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  view.setUint16(24, ~((sum & 0xffff) + (sum >>> 16)));
  frame.set(Uint8Array.fromHex("9c401f90"), 34);
  view.setUint16(38, 8 + payload.length);
  frame.set(payload, 42);
  return frame;
}

/** An HTTP request of a given length. */
function request(length: number): Uint8Array {
  const head = "GET / HTTP/1.1\r\nHost: ";
  return octets(`${head}${"x".repeat(length - head.length - 4)}\r\n\r\n`);
}

for (const limit of [1, 1.5, 3, 6, Infinity]) {
  Deno.test(`Udp answers with ${limit} times the question, and no more`, () => {
    const harness = new Harness({ amplificationLimit: limit });
    const outcomes = new Set<string>();
    for (let length = 40; length < 1400; length += 40) {
      const question = datagram(request(length));
      const [answer] = harness.receive(question);
      outcomes.add(harness.verdict);
      if (answer === undefined) {
        strictEqual(harness.verdict, "udp_amplification");
      } else {
        ok(answer.length - 14 <= limit * (question.length - 14));
      }
    }
    deepStrictEqual(
      [...outcomes],
      limit === Infinity ? ["udp_answer"] : ["udp_amplification", "udp_answer"],
    );
  });
}

// RFC 3489 §11.2.4; the original's answers, behaviour.md STUN-04.
for (const [port, answersFrom] of [[800, 801], [65_535, 0]] as const) {
  Deno.test(`Udp (classic) answers from port ${answersFrom} who asks ${port} to change`, () => {
    const harness = new Harness({ persona: "classic", amplificationLimit: 9 });
    const change = "0003000400000002";
    const message = `0001000800000000${"aa".repeat(12)}${change}`;
    const question = datagram(Uint8Array.fromHex(message));
    new DataView(question.buffer).setUint16(36, port);
    const [answer] = harness.receive(question);
    strictEqual(new DataView(answer!.buffer).getUint16(34), answersFrom);
  });
}
