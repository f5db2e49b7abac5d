import { deepStrictEqual, ok } from "node:assert/strict";
import { readPcap } from "../../src/pcap.ts";
import { LISTEN, NO_PROTOCOL, PAYLOAD_FIELD } from "../../src/record/layout.ts";
import { type MessageRecord, readRecords } from "../../src/record/records.ts";
import { NO_TAG } from "../../src/stack/link.ts";
import { makeStack } from "../harness.ts";

const CAPTURES = ["nobody_dig", "zmap_2.1.1_udp"]; // a question, and "hello"

Deno.test("what nobody understands has no notes of the message before", () => {
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
  for (const name of CAPTURES) {
    const path = new URL(`../pcap/scanner/${name}.pcap`, import.meta.url);
    for (const { octets } of readPcap(Deno.readFileSync(path))) {
      const at = arena.bytes.length - octets.length;
      arena.bytes.set(octets, at);
      stack.receive(at, arena.bytes.length, NO_TAG, false);
      outbox.flush();
    }
  }
  recorder.finish();
  const unknown = messages
    .filter(({ application }) => application === NO_PROTOCOL);
  const noted = messages.filter(({ isAnswered }) => isAnswered);
  ok(unknown.length > 0 && noted.length > 0);
  for (const { notes } of unknown) {
    deepStrictEqual(notes.map(([field]) => field), [PAYLOAD_FIELD]);
  }
});
