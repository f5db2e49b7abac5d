/**
 * The holes of the original program, by the numbers of its weaknesses, and what
 * ours does where they were: one test each. W-44, privileges, is the subject of
 * `lab/privileges_test.ts` and `run/filter_test.ts`.
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { LISTEN } from "../src/record/layout.ts";
import { datagram } from "./amplification/measure.ts";
import { join } from "./fuzz/mutate.ts";
import { locate, repair, viewOf } from "./fuzz/packet.ts";
import { Harness, type HarnessOptions, START } from "./harness.ts";
import { octets, TcpClient } from "./tcp_client.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const BINDING = "2112a442000102030405060708090a0b"; // cookie and transaction
const DNS_QUERY = "12340100000100000000000003777777076578616d706c6503636f6d" +
  "0000010001";
const RPC_NULL = "00000001000000000000000200" + "0186a0" +
  "0000000200000000" + "00".repeat(16);
const GH0ST = "47683073741600000001000000789c6300000001000100";
const MINUTE = 60_000;
const EVERYTHING = { listen: LISTEN.everything | LISTEN.exchanges };

const hex = (text: string) => Uint8Array.fromHex(text);

/** Fails if any of these frames is answered. */
function expectSilence(
  frames: readonly Uint8Array[],
  options: HarnessOptions = {},
): void {
  const harness = new Harness(options);
  for (const frame of frames) {
    deepStrictEqual(harness.receive(frame), [], frame.toHex());
  }
  ok(isAlive(harness));
}

/** Whether a stack still answers a query. */
function isAlive(harness: Harness): boolean {
  return harness.receive(datagram(hex(DNS_QUERY))).length === 1;
}

/** A frame with a number of 16 bits in it. */
function patched(frame: Uint8Array, at: number, value: number): Uint8Array {
  const other = frame.slice();
  viewOf(other).setUint16(at, value);
  repair(other);
  return other;
}

/** A client that is connected to a stack. */
function talk(
  options: HarnessOptions = {},
  port = 80,
): { harness: Harness; client: TcpClient } {
  const harness = new Harness(options);
  const client = new TcpClient(harness, { peerPort: port });
  client.connect();
  return { harness, client };
}

/** How often a stream holds a text. */
function count(stream: string, text: string): number {
  return stream.split(text).length - 1;
}

Deno.test("W-01: a solicitation that is cut short, or was routed, is dropped", () => {
  const frame = hex(
    "3333ff000010020000000002" + "86dd" + "6000000000183aff" +
      "20010db8000000000000000000000001" + "ff0200000000000000000001ff000010" +
      "8700000000000000" + "20010db8000000000000000000000010",
  );
  repair(frame);
  strictEqual(new Harness().receive(frame).length, 1); // whole, it is answered
  const short = Array.from({ length: 24 }, (_, length) => {
    const cut = frame.slice(0, 54 + length);
    viewOf(cut).setUint16(18, length);
    repair(cut);
    return cut;
  });
  const routed = frame.slice();
  routed[21] = 64;
  const option = join(frame, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)); // length 0
  viewOf(option).setUint16(18, 32);
  repair(option);
  expectSilence([...short, routed, option]);
});

Deno.test("W-02: attributes of STUN that lie about their length are not believed", () => {
  const attributes = [
    "0003000400", // CHANGE-REQUEST, one octet of four
    "000300010000000000", // CHANGE-REQUEST of one octet
    "0020fffc00010000", // XOR-MAPPED-ADDRESS behind the message
    "00010008000900000a000001", // MAPPED-ADDRESS of no family
    "80",
    "8022ffff",
  ];
  const harness = new Harness(EVERYTHING);
  for (const attribute of attributes) {
    for (const length of [attribute.length / 2, 0x0100, 0xfffc, 0xffff]) {
      const message = "0001" + length.toString(16).padStart(4, "0") + BINDING +
        attribute;
      const answers = harness.receive(datagram(hex(message)));
      ok(answers.length <= 1);
      const isWhole = length === attribute.length / 2 && length % 4 === 0;
      ok(isWhole || answers.length === 0, message);
    }
  }
  ok(isAlive(harness));
});

Deno.test("W-03: a path that is not UTF-8 is a path", () => {
  const { client } = talk(EVERYTHING);
  client.say("GET /\xff\xc0\x80\xfe HTTP/1.1\r\nHost: x\r\n\r\n");
  ok(client.stream.startsWith("HTTP/1.1 401 "));
});

Deno.test("W-04: a frame shorter than its header is dropped", () => {
  const whole = datagram(hex(DNS_QUERY));
  expectSilence(Array.from({ length: 42 }, (_, i) => whole.slice(0, i)));
});

Deno.test("W-05: whatever it was shown, it goes on", () => {
  const harness = new Harness(EVERYTHING);
  for (let length = 0; length < 200; length++) {
    for (const octet of [0x00, 0x45, 0x60, 0x81, 0xff]) {
      harness.receive(new Uint8Array(length).fill(octet));
    }
  }
  ok(isAlive(harness));
});

Deno.test("W-06: a bad option is a line and a status, no stack trace", async () => {
  const module = new URL("../src/cli.ts", import.meta.url);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { commandOrExit } from "${module}";
      commandOrExit(["-i", "eth0", "-m", "nonsense"]);`,
    ],
    stderr: "piped",
  }).output();
  strictEqual(code, 2);
  const text = new TextDecoder().decode(stderr);
  ok(/--mac-addr/.test(text) && !/\n\s+at /.test(text), text);
});

Deno.test("W-07: a flow is forgotten when it ends, is reset or falls silent", () => {
  const reset = talk();
  reset.client.say("GET /");
  strictEqual(reset.harness.stack.flowCount, 1);
  reset.client.send("R");
  strictEqual(reset.harness.stack.flowCount, 0);

  const ended = talk();
  ended.client.say(GET);
  ended.client.say("", "FA");
  ended.client.send("A");
  strictEqual(ended.harness.stack.flowCount, 0);

  const silent = talk();
  silent.client.say("GET /");
  silent.harness.stack.tick(START + MINUTE + 1);
  strictEqual(silent.harness.stack.flowCount, 0);
});

Deno.test("W-08: no connection goes on where another was", () => {
  const { harness, client } = talk();
  client.say(GET.slice(0, 9));
  // The same numbers from another port: they prove nothing there.
  const other = new TcpClient(harness, { port: 40_001 });
  other.connect();
  other.say(GET.slice(9));
  strictEqual(other.stream, "");
  client.say(GET.slice(9));
  ok(client.stream.startsWith("HTTP/1.1 401 "));
});

Deno.test("W-09: a new connection between the same ports begins afresh", () => {
  const { harness, client } = talk();
  client.say("POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n");
  const again = new TcpClient(harness, { isn: 0x1234_5678 });
  again.connect();
  again.say(GET);
  strictEqual(count(again.stream, "HTTP/1.1 401 "), 1);
  strictEqual(harness.stack.flowCount, 1);
});

Deno.test("W-10: a request without end is acknowledged, and not kept", () => {
  for (
    const [begin, answer] of [
      ["GET /", "HTTP/1.1 414 Request-URI Too Large"],
      ["GET / HTTP/1.1\r\nCookie: ", "HTTP/1.1 400 Bad Request"],
      ["\x80\x00\x10\x00", ""],
    ] as const
  ) {
    const { harness, client } = talk();
    client.say(begin);
    for (let i = 0; i < 100; i++) client.say("x".repeat(1000));
    strictEqual(client.stream.split("\r\n")[0], answer);
    strictEqual(count(client.stream, "HTTP/1.1 "), answer === "" ? 0 : 1);
    strictEqual(harness.stack.flowCount, 1);
  }
  // Credentials of 4 GiB, RFC 5531 §8.2.
  const { client } = talk();
  const call = RPC_NULL.slice(0, 48) + "00000000ffffffff" + "00".repeat(8);
  client.say("\x80\x00\x00\x28" + String.fromCharCode(...hex(call)));
  ok(
    !client.stream.includes("\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
  );
});

Deno.test("W-11: each call is answered, by its own number", () => {
  const { client } = talk({}, 111);
  const call = (xid: string) =>
    String.fromCharCode(...hex("80000028" + xid + RPC_NULL.slice(8)));
  client.say(call("aaaaaaaa"));
  client.say(call("bbbbbbbb") + call("cccccccc"));
  const replies = octets(client.stream).toHex();
  for (const xid of ["aaaaaaaa", "bbbbbbbb", "cccccccc"]) {
    strictEqual(count(replies, `${xid}00000001`), 1);
  }
});

Deno.test("W-12: one answer a request, whatever follows it", () => {
  const { client } = talk();
  client.say(GET);
  client.say("", "A");
  client.say("", "PA");
  strictEqual(count(client.stream, "HTTP/1.1 401 "), 1);
  client.say(GET + GET);
  strictEqual(count(client.stream, "HTTP/1.1 401 "), 3);
  const body = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 27\r\n\r\n";
  strictEqual(GET.length, 27);
  client.say(body + GET); // a body that looks like a request
  strictEqual(count(client.stream, "HTTP/1.1 401 "), 4);
});

Deno.test("W-13: after a message of Gh0st, rubbish is not answered", () => {
  const { client } = talk();
  client.say(String.fromCharCode(...hex(GH0ST)));
  const { length } = client.stream;
  ok(length > 0);
  for (let i = 0; i < 10; i++) client.say("rubbish");
  strictEqual(client.stream.length, length);
});

Deno.test("W-41: no response, greeting or reply is answered over UDP", () => {
  expectSilence(
    [
      DNS_QUERY.replace("0100", "8580"), // QR
      octets("SSH-2.0-OpenSSH_9.2p1\r\n").toHex(),
      GH0ST,
      RPC_NULL.replace("0000000100000000", "0000000100000001"), // REPLY
      "01010000" + BINDING, // success
      "01110000" + BINDING, // error
      octets("HTTP/1.1 200 OK\r\n\r\n").toHex(),
    ].map((message) => datagram(hex(message))),
    { list: false },
  );
});

Deno.test("W-42: answers to datagrams are short, and few", () => {
  const smb = "00000054ff534d4272000000001801c8" + "00".repeat(20) +
    "003100024c414e4d414e312e3000024c4d312e325830303200024e54204c414e4d414e" +
    "20312e3000024e54204c4d20302e313200";
  expectSilence([smb, octets("GET / HTTP/1.0\r\n\r\n").toHex()]
    .map((message) => datagram(hex(message))));
  const harness = new Harness();
  let answers = 0;
  for (let second = 0; second < 60; second++) {
    harness.stack.tick(START + 1000 * second);
    for (let i = 0; i < 1000; i++) {
      answers += harness.receive(datagram(hex(DNS_QUERY))).length;
    }
  }
  ok(answers > 0 && answers <= 200); // and then the source is muted
});

Deno.test("W-43: nobody who cannot be there is answered", () => {
  const query = datagram(hex(DNS_QUERY));
  const syn = hex(
    "0200000000010200000000020800" +
      "450000280000400040060000c0000201c000020a" +
      "9c4000500000000100000000" + "5002faf000000000",
  );
  repair(syn);
  const harness = new Harness();
  for (const frame of [query, syn]) {
    strictEqual(harness.receive(frame).length, 1);
    deepStrictEqual(harness.receive(patched(frame, 34, 0)), []); // port 0
  }
  const martians = [
    "ffffffff", // everybody
    "e0000001", // a group
    "7f000001", // the host itself
    "c000020a", // ourselves
    "c000020b",
    "c00002ff", // everybody on the link
    "f0000001", // nobody yet, RFC 1112 §4
    "00000000",
  ];
  expectSilence(
    martians.flatMap((address) =>
      [query, syn].map((frame) => {
        const forged = frame.slice();
        forged.set(hex(address), locate(frame)!.srcAt);
        repair(forged);
        return forged;
      })
    ),
    { broadcast: ["192.0.2.255"] },
  );
  const fromGroup = query.slice();
  fromGroup[6] = 1;
  expectSilence([fromGroup]);
});
