import { deepStrictEqual, ok } from "node:assert/strict";
import { readPcap } from "../../src/pcap.ts";
import { LISTEN, NO_PROTOCOL } from "../../src/record/layout.ts";
import { type MessageRecord, readRecords } from "../../src/record/records.ts";
import { NO_TAG } from "../../src/stack/link.ts";
import { makeStack } from "../harness.ts";

const CAPTURES = ["nobody_dig", "zmap_2.1.1_udp"]; // a question, and "hello"

/** What is recorded of frames' messages. */
function messagesOf(frames: readonly Uint8Array[]): MessageRecord[] {
  const messages: MessageRecord[] = [];
  const { arena, outbox, recorder, stack } = makeStack(
    { listen: LISTEN.exchanges },
    () => {},
    (buffer, length) => {
      for (const record of readRecords(buffer.slice(0), length)) {
        if (record.kind === "message") messages.push(record);
      }
    },
  );
  for (const octets of frames) {
    const at = arena.bytes.length - octets.length;
    arena.bytes.set(octets, at);
    stack.receive(at, arena.bytes.length, NO_TAG, false);
    outbox.flush();
  }
  recorder.finish();
  return messages;
}

Deno.test("what nobody understands has no notes of the message before", () => {
  const messages = messagesOf(CAPTURES.flatMap((name) => {
    const path = new URL(`../pcap/scanner/${name}.pcap`, import.meta.url);
    return Array.from(
      readPcap(Deno.readFileSync(path)),
      ({ octets }) => octets,
    );
  }));
  const unknown = messages
    .filter(({ application }) => application === NO_PROTOCOL);
  const noted = messages.filter(({ isAnswered }) => isAnswered);
  ok(unknown.length > 0 && noted.length > 0);
  for (const { notes, payload } of unknown) {
    deepStrictEqual(notes, []);
    ok(payload.length > 0);
  }
});

// Written by scapy: a binding request without a magic cookie whose first
// attribute is USERNAME "root", and whose second ends behind the message.
const HALF_READ = Uint8Array.fromHex(
  "02000000000102000000000208004500003c000100004011f6a4c0000201" +
    "c000020a0fa00d960028428a0001000c000102030405060708090a0b0c0d" +
    "0e0f00060004726f6f7400070190",
);

Deno.test("what nobody understands has no notes of who looked at it", () => {
  const [message, ...others] = messagesOf([HALF_READ]);
  deepStrictEqual(others, []);
  deepStrictEqual(message!.application, NO_PROTOCOL);
  deepStrictEqual(message!.notes, []);
  ok(message!.payload.length > 0);
});
