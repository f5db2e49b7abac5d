import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { smb } from "../../src/proto/smb.ts";
import {
  CHALLENGE_TYPE,
  Conversation,
  cut,
  FILE_TIME,
  frame,
  hexOf,
  named,
  NEGOTIATE_1,
  NEGOTIATE_2,
  patch,
  replay,
  sessionOf,
} from "./smb_conversation.ts";

const LOGON_FAILURE = "6d0000c0"; // MS-ERREF §2.3.1

Deno.test("SMB: notes what a login says, and the challenge that it answers", () => {
  const lines: [string, string][] = [["ss2 spnego", "2"], ["ss2 raw", "2"], [
    "ss1",
    "1",
  ]];
  for (const [name, version] of lines) {
    const conversation = new Conversation();
    const { answers } = replay(named(name), conversation);
    const at = answers[1]!.indexOf(CHALLENGE_TYPE) + 48;
    const notes = { ...conversation.notes[2] };
    delete notes["smb.native_os"];
    delete notes["smb.native_lan_manager"];
    deepStrictEqual(notes, {
      "smb.version": hexOf(version),
      "smb.command": hexOf("SessionSetup"),
      "user.name": hexOf("u"),
      "user.domain": hexOf("D"),
      "ntlm.workstation": hexOf("W"),
      "ntlm.challenge": answers[1]!.slice(at, at + 16),
      "ntlm.response": "4e".repeat(24),
      "ntlm.lm_response": "4c".repeat(24),
      "smb.status": LOGON_FAILURE,
    });
  }
});

Deno.test("SMB: notes a login without extended security", () => {
  for (const name of ["ss1old user", "ss1old user uni"]) {
    const conversation = new Conversation();
    const { answers } = replay(named(name), conversation);
    deepStrictEqual(conversation.notes[1], {
      "smb.version": hexOf("1"),
      "smb.command": hexOf("SessionSetup"),
      "user.name": hexOf("user"),
      "user.domain": hexOf("DOM"),
      "smb.native_os": hexOf("Unix"),
      "smb.native_lan_manager": hexOf("Samba"),
      "ntlm.challenge": cut(answers[0]!, 73, 81),
      "ntlm.response": "4e".repeat(24),
      "ntlm.lm_response": "4c".repeat(24),
      "smb.status": LOGON_FAILURE,
    });
  }
});

Deno.test("SMB: notes shares and dialects", () => {
  const two = new Conversation();
  replay(named("ss2 anon"), two);
  strictEqual(two.notes[0]!["smb.dialect"], hexOf("SMB 2.1"));
  strictEqual(two.notes[3]!["smb.path"], hexOf("\\\\h\\IPC$"));
  const one = new Conversation();
  replay(named("ss1 anon"), one);
  strictEqual(one.notes[0]!["smb.dialect"], hexOf("NT LM 0.12"));
  strictEqual(one.notes[3]!["smb.path"], hexOf("\\\\h\\IPC$"));
});

Deno.test("SMB: names in UTF-16 are noted in UTF-8", () => {
  // "ü", "€", a pair, half a pair: Unicode 15 §3.9.
  const user = "fc00ac203dd800de3dd8";
  const conversation = new Conversation();
  const { requests } = replay(named("ss2 raw"), conversation);
  const other = new Conversation();
  other.send(requests[0]!);
  other.send(requests[1]!);
  const login = requests[2]!;
  const at = login.indexOf("4e544c4d53535000") / 2;
  const length = (login.length / 2 - at).toString(16).padStart(2, "0");
  const grown = patch(login, at + 36, `0a000a00${length}000000`) + user;
  const blobLen = ((grown.length / 2) - at).toString(16).padStart(2, "0");
  other.send(frame(patch(grown.slice(8), 78, blobLen)));
  strictEqual(
    other.notes[2]!["user.name"],
    "c3bc" + "e282ac" + "f09f9880" + "efbfbd",
  );
});

Deno.test("SMB: each login gets a challenge and a session of its own", () => {
  const conversation = new Conversation();
  const { answers } = replay(named("ss2 fail then again"), conversation);
  const challenges = answers.flatMap((answer) => {
    const at = answer.indexOf(CHALLENGE_TYPE);
    return at < 0 ? [] : [answer.slice(at + 48, at + 64)];
  });
  strictEqual(challenges.length, 2);
  strictEqual(new Set(challenges).size, 2);
  const sessions = answers.map((answer) => sessionOf(answer)[1]);
  strictEqual(new Set(sessions.slice(1)).size, 2);
  ok(!sessions.slice(1).includes("0000000000000000"));
});

Deno.test("SMB: tells the time, MS-DTYP §2.3.3", () => {
  const two = new Conversation().send(NEGOTIATE_2);
  strictEqual(cut(two, 108, 116), FILE_TIME);
  const one = new Conversation().send(NEGOTIATE_1);
  strictEqual(cut(one, 60, 68), FILE_TIME);
});

const SUMMARIES: readonly [values: Record<string, string>, line: string][] = [
  [{}, "NetBIOS Session-Reply"],
  [
    {
      "smb.version": "1",
      "smb.command": "Negotiate-Protocol",
      "smb.dialect": "NT LM 0.12",
    },
    "SMB1 Negotiate-Protocol-Reply (NT LM 0.12)",
  ],
  [
    { "smb.version": "2", "smb.command": "SessionSetup" },
    "SMB2 SessionSetup-Reply",
  ],
  [
    {
      "smb.version": "2",
      "smb.command": "SessionSetup",
      "user.name": "user",
      "user.domain": "DOM",
      "ntlm.workstation": "PC",
    },
    "SMB2 SessionSetup-Reply to DOM/user from PC",
  ],
  [
    {
      "smb.version": "2",
      "smb.command": "TreeConnect",
      "smb.path": "C$",
    },
    "SMB2 TreeConnect-Reply for C$",
  ],
];

for (const [values, line] of SUMMARIES) {
  Deno.test(`SMB: summary: ${line}`, () => {
    strictEqual(smb.summary(new Map(Object.entries(values))), line);
  });
}
