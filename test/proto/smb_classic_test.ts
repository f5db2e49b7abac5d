import { strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { classic } from "../../src/persona/classic.ts";
import {
  CLASSIC_NEG_TOKEN_INIT,
  CLASSIC_NEG_TOKEN_RESP,
} from "../../src/proto/smb_classic.ts";
import {
  Conversation,
  cut,
  FILE_TIME_SECOND,
  hexOf,
  named,
  NEGOTIATE_1,
  replay,
} from "./smb_conversation.ts";

// The original program: behaviour.md, SMB-01 to SMB-19.

const sha256 = (octets: Uint8Array): string =>
  createHash("sha256").update(octets).digest("hex");

Deno.test("SMB: the blobs of classic are the original's", () => {
  strictEqual(
    sha256(CLASSIC_NEG_TOKEN_INIT),
    "e14c43c71335f12062de619bfd69ceaa1a324b69cb81112ecaaef8a26776a8db",
  );
  strictEqual(
    sha256(CLASSIC_NEG_TOKEN_RESP),
    "06839e0947826c118d280939c8d0564b354a66f5eda191eca40b6a40f846094c",
  );
});

const INIT = CLASSIC_NEG_TOKEN_INIT.toHex();
const RESP = CLASSIC_NEG_TOKEN_RESP.toHex();

Deno.test("SMB: classic negotiates SMB1 as the original, SMB-03 to SMB-06", () => {
  // Process 0x1234, message 1.
  strictEqual(
    new Conversation(classic).send(NEGOTIATE_1),
    "00000195" + "ff534d4272" + "00000000" + "98" + "07c8" + "0000" +
      "0000000000000000" + "0000" + "0000" + "3412" + "0000" + "0100" +
      "11" + "0000" + "03" + "3200" + "3200" + "00000100" + "00000100" +
      "00000000" + "fce30180" + FILE_TIME_SECOND + "3c00" + "00" + "5001" +
      "00".repeat(16) + INIT,
  );
});

const CLASSIC_DIALECTS: readonly [
  name: string,
  index: string,
  noted: string,
][] = [
  ["neg1 2???", "0000", "NT LM 0.12"],
  ["neg1 2??? only", "0000", "SMB 2.???"],
  ["neg1 unknown", "0000", "Unknown"],
  ["x order2", "0200", "NT LM 0.12"],
];

for (const [name, index, noted] of CLASSIC_DIALECTS) {
  Deno.test(`SMB: classic never upgrades SMB1, SMB-05: ${name}`, () => {
    const conversation = new Conversation(classic);
    const answer = conversation.send(named(name).turns[0]!.request);
    strictEqual(cut(answer, 4, 8), "ff534d42");
    strictEqual(cut(answer, 37, 39), index);
    strictEqual(conversation.notes[0]!["smb.dialect"], hexOf(noted));
  });
}

Deno.test("SMB: classic sets up sessions of SMB1 as the original, SMB-08", () => {
  const { answers } = replay(named("ss1"), new Conversation(classic));
  const native = "570069006e0064006f0077007300200034002e0030000000";
  for (const [i, message] of ["0200", "0300"].entries()) {
    strictEqual(
      answers[i + 1],
      "000000fa" + "ff534d4273" + "00000000" + "98" + "07c8" + "0000" +
        "0000000000000000" + "0000" + "0000" + "3412" + "0000" + message +
        "04" + "ff" + "00" + "4400" + "0000" + "9f00" + "cf00" + RESP +
        native + native,
    );
  }
});

Deno.test("SMB: classic negotiates SMB2 as the original, SMB-12 to SMB-15", () => {
  const request = named("neg2 all").turns[0]!.request;
  strictEqual(
    new Conversation(classic).send(request),
    "000001c0" + "fe534d42" + "4000" + "0000" + "00000000" + "0000" + "0100" +
      "01000000" + "00000000" + cut(request, 28, 52) + "00".repeat(16) +
      "4100" + "0100" + "0202" + "0100" + "47".repeat(16) + "01000000" +
      "00000100".repeat(3) + FILE_TIME_SECOND + FILE_TIME_SECOND + "8000" +
      "4001" + "00000000" + INIT,
  );
});

const CLASSIC_DIALECTS_2: readonly [name: string, dialect: string][] = [
  ["neg2 210", "1002"],
  ["neg2 302", "0202"],
  ["neg2 2ff", "ff02"],
  ["neg2 310", "1003"],
  ["neg2 311 enc", "1103"],
  ["neg2 222", ""],
  ["neg2 0 dialects", ""],
  ["neg2 short dialects", ""],
];

for (const [name, dialect] of CLASSIC_DIALECTS_2) {
  Deno.test(`SMB: classic takes the lowest dialect, SMB-14: ${name}`, () => {
    const request = named(name).turns[0]!.request;
    strictEqual(cut(new Conversation(classic).send(request), 72, 74), dialect);
  });
}

Deno.test("SMB: classic sets up sessions of SMB2 as the original, SMB-18", () => {
  const { requests, answers } = replay(
    named("ss2 spnego"),
    new Conversation(classic),
  );
  for (const i of [1, 2]) {
    strictEqual(
      answers[i],
      "000000e7" + "fe534d42" + "4000" + "0000" + "00000000" + "0100" +
        "0100" + "01000000" + "00000000" + cut(requests[i]!, 28, 52) +
        "00".repeat(16) + "0900" + "0000" + "4800" + "9f00" + RESP,
    );
  }
});

Deno.test("SMB: classic notes a login and the original's challenge", () => {
  const conversation = new Conversation(classic);
  replay(named("ss2 spnego"), conversation);
  const notes = conversation.notes[2]!;
  strictEqual(notes["user.name"], hexOf("u"));
  strictEqual(notes["ntlm.response"], "4e".repeat(24));
  strictEqual(notes["ntlm.challenge"], "2491a8f6f3892d34");
});

Deno.test("SMB: classic says nothing to other commands, SMB-02 and SMB-11", () => {
  for (const name of ["echo1 nosess", "tc2 nosess", "logoff2 nosess"]) {
    const conversation = new Conversation(classic);
    const { answers } = replay(named(name), conversation);
    strictEqual(answers.length, 1);
    strictEqual(conversation.end, "open");
  }
});
