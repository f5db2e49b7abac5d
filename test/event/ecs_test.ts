import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { credentialsOf } from "../../src/event/credentials.ts";
import { netNtlmOf } from "../../src/event/netntlm.ts";
import { pcapHeader, pcapRecord } from "../../src/pcap.ts";
import { EcsEvents } from "../../src/sink/ecs.ts";
import { jsonText } from "../../src/sink/json_text.ts";
import { complaintsAbout } from "../ecs_schema.ts";
import { START } from "../harness.ts";
import { TcpClient, text } from "../tcp_client.ts";
import { decode, judged } from "../tshark.ts";
import { type Event, EventRig } from "./rig.ts";

const OWN = "masscanned";

/** Reads a file of vectors. */
// deno-lint-ignore no-explicit-any -- whatever JSON holds
function vectors(name: string): any {
  const url = new URL(`../vectors/${name}.json`, import.meta.url);
  return JSON.parse(Deno.readTextFileSync(url));
}

/** What is told of one connection on which this is said. */
function eventOf(payload: string, version: 4 | 6 = 4): Event {
  const rig = new EventRig();
  const client = new TcpClient(rig, { version });
  client.connect();
  client.send("PA", payload);
  const event = rig.end()[0]!;
  match(rig.lines[0]!, /^[ -~]+\n$/);
  deepStrictEqual(complaintsAbout(event, OWN), []);
  return event;
}

Deno.test("EcsEvents writes valid events for every vector", () => {
  const rig = new EventRig();
  for (const { request, vlan } of vectors("vectors").vectors) {
    rig.receive(Uint8Array.fromHex(request), vlan);
  }
  rig.tick(1);
  const events = rig.end();
  ok(events.filter(({ event }) => event.action === "udp_exchange").length > 50);
  for (const [i, event] of events.entries()) {
    deepStrictEqual(complaintsAbout(event, OWN), []);
    strictEqual(event.event.sequence, i);
    match(rig.lines[i]!, /^[ -~]+\n$/);
  }
});

// The addresses of the stack in tests, and what a client would call them.
const PUBLIC: readonly [version: 4 | 6, inner: string, outer: string][] = [
  [4, "192.0.2.10", "198.51.100.7"],
  [6, "2001:db8::10", "2001:db8:1::7"],
];

for (const [version, inner, outer] of PUBLIC) {
  Deno.test(`EcsEvents calls ${inner} what its clients call it`, () => {
    const rigs = ["", `${inner}=${outer}`].map((publicIp) =>
      new EventRig({ publicIp, list: false })
    );
    const [before, after] = rigs.map((rig) => {
      const client = new TcpClient(rig, { version });
      client.connect();
      client.send("PA", "hello\r\n");
      return rig.end();
    });
    const [event, visit] = after!;
    for (const one of after!) deepStrictEqual(complaintsAbout(one, OWN), []);
    const { source, destination, related, masscanned } = event!;
    deepStrictEqual(destination.ip, outer);
    deepStrictEqual(destination.nat, { ip: inner });
    deepStrictEqual(related.ip, [source.ip, outer, inner]);
    match(masscanned.public.community_id, /^1:.{27}=$/);
    deepStrictEqual(visit!.masscanned.source.addresses, {
      count: 1,
      first: [outer],
    });
    // All else is as if nobody had said so.
    delete destination.nat;
    delete masscanned.public;
    destination.ip = related.ip[1] = inner;
    related.ip.pop();
    visit!.masscanned.source.addresses.first = [inner];
    deepStrictEqual(after, before);
  });
}

judged("EcsEvents computes HASSH as Wireshark does", async () => {
  const rig = new EventRig();
  const client = new TcpClient(rig, { peerPort: 22 });
  client.connect();
  client.send("PA", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u6\r\n");
  const offer = text(Uint8Array.fromHex(vectors("ssh_client").offer));
  client.seq = 1 + 40;
  client.send("PA", offer.slice(0, 1000));
  client.seq += 1000;
  client.send("PA", offer.slice(1000));
  const [event] = rig.end();
  const pcap = [pcapHeader(), ...rig.frames.map((it) => pcapRecord(START, it))];
  const packets = await decode(
    new Uint8Array(pcap.flatMap((piece) => [...piece])),
  );
  const theirs = packets.map((it) => it.get("ssh.kex.hassh"))
    .filter((hassh) => hassh !== undefined);
  strictEqual(theirs.length, 1);
  strictEqual(event!.masscanned.ssh.client.hassh, theirs[0]);
  deepStrictEqual(event!.related.hash, theirs);
  strictEqual(event!.masscanned.ssh.client.software, "OpenSSH_9.2p1");
  deepStrictEqual(complaintsAbout(event!, OWN), []);
});

Deno.test("EcsEvents tells what DNS was asked for", () => {
  const { request } = vectors("dns").vectors.find((it: Event) =>
    it.name === "an address"
  );
  const message = Uint8Array.fromHex(request);
  const event = eventOf(
    text(Uint8Array.of(0, message.length)) + text(message),
    6,
  );
  deepStrictEqual(event.dns, {
    id: `${0x1234}`,
    question: { name: "www.example.com", type: "A", class: "IN" },
    response_code: "NOERROR",
  });
  strictEqual(event.network.protocol, "domain");
  strictEqual(event.network.type, "ipv6");
  strictEqual(event.message, "DNS answer to www.example.com IN A");
});

Deno.test("EcsEvents tells with what a web client tried to log in", () => {
  const event = eventOf(
    "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic YWRtaW46cGE6c3M=\r\n\r\n",
  );
  deepStrictEqual(event.masscanned.credentials, [
    { user: "admin", password: "pa:ss" },
  ]);
  deepStrictEqual(event.user, { name: "admin" });
  deepStrictEqual(event.related.user, ["admin"]);
  deepStrictEqual(event.event.category, ["network", "authentication"]);
});

// RFC 7617 §2; what is no such thing is no login.
const HEADERS: readonly [header: string, string[] | undefined][] = [
  ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", ["Aladdin", "open sesame"]],
  ["BASIC  Og==", ["", ""]],
  ["basic /zpo", ["\\xff", "h"]],
  ["Basic bm9jb2xvbg==", undefined],
  ["Basic ====", undefined],
  ["Digest username=x", undefined],
];

for (const [header, expected] of HEADERS) {
  Deno.test(`credentialsOf() reads ${expected ?? "nothing"} in "${header}"`, () => {
    const values = new Map([["masscanned.http.authorization", header]]);
    const login = credentialsOf(values);
    deepStrictEqual(login && [login.user, login.password], expected);
  });
}

// [MS-NLMP] §4.2.2.2, §4.2.4.2: user "User", domain "Domain", password
// "Password". The hashes in this form are those of hashcat's own self-tests.
Deno.test("netNtlmOf() writes a login for crackers", () => {
  const login = (response: string, lm = ""): string | undefined =>
    netNtlmOf(
      new Map([
        ["user.name", "User"],
        ["user.domain", "Domain"],
        ["ntlm.challenge", "0123456789abcdef"],
        ["ntlm.response", response],
        ["ntlm.lm_response", lm],
      ]),
    );
  const nt = "67c43011f30298a2ad35ece64f16331c44bdbed927841f94";
  const lm = "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13";
  strictEqual(login(nt, lm), `User::Domain:${lm}:${nt}:0123456789abcdef`);
  strictEqual(
    login(`68cd0ab851e51c96aabc927bebef6a1c${"01".repeat(28)}`),
    "User::Domain:0123456789abcdef:" +
      `68cd0ab851e51c96aabc927bebef6a1c:${"01".repeat(28)}`,
  );
  strictEqual(login(""), undefined); // nobody
  strictEqual(netNtlmOf(new Map([["user.name", "x"]])), undefined);
});

Deno.test("jsonText() is printable, and says the same, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (value) => {
    const line = jsonText({ value });
    match(line, /^[ -~]*$/);
    deepStrictEqual(JSON.parse(line), { value });
  }));
});

Deno.test("EcsEvents lets nothing through that a terminal acts on", () => {
  const agent = "\x1b]0;owned\x07\xc2\x9b31m\xe2\x80\xae\u00ff\x7f";
  const event = eventOf(
    `GET /\xc3\xa9\x1b[2J HTTP/1.1\r\nHost: h\r\nUser-Agent: ${agent}\r\n\r\n`,
  );
  strictEqual(event.url.original, "/\u00e9\x1b[2J"); // as it was sent
  // What is not UTF-8 is told octet by octet.
  strictEqual(
    event.user_agent.original,
    "\\x1b]0;owned\\x07\\xc2\\x9b31m\\xe2\\x80\\xae\\xff\\x7f",
  );
});

Deno.test("EcsEvents says how many records are missing, once a second", () => {
  const lines: string[] = [];
  const events = new EcsEvents({ name: "s", version: "1" }, (line) => {
    lines.push(line);
  });
  events.dropped(START, 5);
  events.dropped(START + 1, 7);
  events.dropped(START + 999, 1);
  strictEqual(lines.length, 1);
  events.flush(START + 1500);
  events.flush(START + 1501);
  deepStrictEqual(
    lines.map((line) => JSON.parse(line)).map(({ event, masscanned }) => [
      event.sequence,
      masscanned.records_dropped,
      masscanned.records_dropped_total,
    ]),
    [[0, 5, 5], [1, 8, 13]],
  );
  for (const line of lines) {
    deepStrictEqual(complaintsAbout(JSON.parse(line), OWN), []);
  }
});

Deno.test("EcsEvents tells of at most so many datagrams a second, and counts all", () => {
  const rig = new EventRig();
  // IPv4 and UDP, at their places in a frame without VLAN tags.
  const { request } = vectors("vectors").vectors.find((it: Event) =>
    it.list && it.request.slice(24, 28) === "0800" &&
    it.request.slice(46, 48) === "11"
  );
  for (let i = 0; i < 1200; i++) rig.receive(Uint8Array.fromHex(request));
  const [visit] = rig.end().slice(-1);
  strictEqual(rig.conversations.length, 1000);
  strictEqual(visit!.masscanned.source.conversations, 1200);
  strictEqual(visit!.masscanned.source.conversations_omitted, 200);
});
