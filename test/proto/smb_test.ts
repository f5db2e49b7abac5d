import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { UDP } from "../../src/protocol.ts";
import {
  CHALLENGE_TYPE,
  Conversation,
  cut,
  NEGOTIATE_1,
  NEGOTIATE_2,
  packetsOf,
  patch,
  RECORDINGS,
  replay,
  sessionOf,
} from "./smb_conversation.ts";

/** An answer without what no two servers, or two times, have in common. */
function mask(packet: string): string {
  let masked = packet;
  const blank = (at: number, length: number) => {
    masked = patch(masked, at, "00".repeat(length));
  };
  const challengeAt = packet.indexOf(CHALLENGE_TYPE) / 2;
  if (challengeAt > 0) {
    blank(challengeAt + 24, 8);
    const timeAt = packet.indexOf("07000800", 2 * challengeAt) / 2;
    if (timeAt > 0) blank(timeAt + 4, 8);
  }
  const [at, id] = sessionOf(packet);
  if (/[1-9a-f]/.test(id)) {
    masked = patch(masked, at, "ee".repeat(id.length / 2));
  }
  const length = packet.length / 2;
  if (cut(packet, 4, 9) === "ff534d4272" && length > 100) {
    blank(52, 4); // session key
    blank(60, 8); // system time
    if (length === 115) blank(73, 8); // challenge
  }
  if (cut(packet, 4, 8) === "fe534d42" && length > 150) {
    if (cut(packet, 16, 18) === "0000") blank(108, 8); // system time
    if (cut(packet, 72, 74) === "1103") blank(226, 32); // salt
  }
  return masked;
}

for (const recording of RECORDINGS) {
  Deno.test(`SMB: we answer as Samba does: ${recording.name}`, () => {
    const conversation = new Conversation();
    const { answers } = replay(recording, conversation);
    const expected = recording.turns.flatMap((turn) => turn.answers);
    deepStrictEqual(answers.map(mask), expected.map(mask));
    strictEqual(
      conversation.end,
      recording.isHungUp ? "closed" : "open",
    );
    strictEqual(conversation.isPending, false);
  });
}

// The session service, RFC 1002 §4.3.

Deno.test("SMB: waits for the octets that a header announces", () => {
  const conversation = new Conversation();
  strictEqual(conversation.send(NEGOTIATE_1.slice(0, -2)), "");
  strictEqual(conversation.end, "open");
  ok(conversation.isPending);
  strictEqual(packetsOf(conversation.send(NEGOTIATE_1.slice(-2))).length, 1);
});

Deno.test("SMB: declines a message of more than 8 KiB at its header", () => {
  const start = NEGOTIATE_1.slice(8);
  for (
    const [length, end] of [["00001ffc", "open"], ["00001ffd", "declined"]]
  ) {
    const conversation = new Conversation();
    conversation.send(length + start);
    strictEqual(conversation.end, end);
  }
});

Deno.test("SMB: other protocols are not claimed", () => {
  for (
    const stream of [
      "474554202f",
      "0000", // not yet
      "0001000021",
      "00000018ff534e42",
      "00000018fd534d42",
      "8100004421",
      "81000048",
      "8200000000",
      "85000000",
    ]
  ) {
    const conversation = new Conversation();
    conversation.send(stream);
    strictEqual(
      conversation.end,
      stream === "0000" ? "open" : "not smb",
      stream,
    );
  }
});

Deno.test("SMB: over UDP, only the original answers", () => {
  const ours = new Conversation(linux, UDP);
  strictEqual(ours.send(NEGOTIATE_2), "");
  strictEqual(ours.end, "not smb");
  const theirs = new Conversation(classic, UDP);
  strictEqual(theirs.send(NEGOTIATE_2).length / 2, 452);
});
