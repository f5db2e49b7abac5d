import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DEPTH_OF } from "../../src/record/layout.ts";
import type { FrameRecord } from "../../src/record/records.ts";
import { noticeOf, noticeOfScanner } from "../../src/sink/notices.ts";
import { VERDICT, type VerdictName, VERDICTS } from "../../src/verdict.ts";
import { octets } from "../tcp_client.ts";

const FRAME: FrameRecord = {
  kind: "frame",
  time: 0,
  isNews: true,
  isProof: false,
  verdict: 0,
  depth: DEPTH_OF.transport,
  srcMac: Uint8Array.fromHex("eac0d6200c6a"),
  dstMac: Uint8Array.fromHex("020000000001"),
  ethertype: 0x0800,
  vlan: 0,
  src: Uint8Array.of(192, 0, 2, 1),
  dst: Uint8Array.of(0, 255, 0, 1),
  target: Uint8Array.fromHex("20010db8000000000000000000000010"),
  protocol: 6,
  srcPort: 50_000,
  dstPort: 443,
  typeCode: 0,
  seq: 0,
  ack: 0,
  sentSeq: 0,
  sentAck: 0,
  sentLen: 0,
  packetLen: 0,
  packet: new Uint8Array(),
  seed: 0,
  sentFlags: 0,
};

// The words of the original, LOG-17 and LOG-20.
const WARNINGS: readonly [
  verdict: VerdictName,
  text: string,
  facts?: Partial<FrameRecord>,
][] = [
  ["arp_reply", "ARP-Reply to ea:c0:d6:20:0c:6a for IP 0.255.0.1"],
  ["icmpv4_echo_reply", "ICMP-Echo-Reply to ICMP-Echo-Request"],
  ["icmpv6_echo_reply", "ICMPv6-Echo-Reply to ICMPv6-Echo-Request"],
  ["neighbor_advertisement", "ND-NA to ND-NS for 2001:db8::10"],
  ["tcp_syn_ack", "SYN-ACK to ACK on port 443"],
  ["tcp_ack", "ACK to PSH-ACK on port 443"],
  ["tcp_answer", "ACK to PSH-ACK on port 443"],
  ["tcp_fin_ack", "FIN-ACK to FIN-ACK on port 443"],
  ["tcp_reset_sent", "RST on port 443"],
  [
    "port_unreachable",
    "ICMP-Port-Unreachable to UDP on port 443",
    { protocol: 17 },
  ],
  ["arp_malformed", "error parsing ARP packet"],
  ["ip_malformed", "error parsing IPv4 packet"],
  ["ip_malformed", "error parsing IPv6 packet", { ethertype: 0x86dd }],
  ["transport_malformed", "error parsing TCP packet"],
  ["transport_malformed", "error parsing UDP packet", { protocol: 17 }],
  ["transport_malformed", "error parsing ICMP packet", { protocol: 1 }],
  ["transport_malformed", "error parsing ICMPv6 packet", { protocol: 58 }],
];

for (const [verdict, text, facts] of WARNINGS) {
  Deno.test(`noticeOf() warns "${text}" for ${verdict}`, () => {
    deepStrictEqual(
      noticeOf({ ...FRAME, ...facts, verdict: VERDICT[verdict] }),
      { level: "warning", text },
    );
  });
}

Deno.test("noticeOf() tells why a packet was not handled, and whose it was", () => {
  deepStrictEqual(noticeOf({ ...FRAME, verdict: VERDICT.port_zero }), {
    level: "info",
    text: "packet not handled: port_zero from 192.0.2.1",
  });
});

Deno.test("noticeOf() names the station when there is no address", () => {
  const src = new Uint8Array();
  const verdict = VERDICT.ethertype_unknown;
  deepStrictEqual(noticeOf({ ...FRAME, src, verdict }), {
    level: "info",
    text: "packet not handled: ethertype_unknown from ea:c0:d6:20:0c:6a",
  });
});

// [sort, notice]
const MORE: readonly [sort: number, level: "warning" | "info", text: string][] =
  [
    [VERDICT.arp_reply, "warning", "ARP-Reply: 12 more in the same second"],
    [
      VERDICT.port_zero,
      "info",
      "packet not handled: port_zero: 12 more in the same second",
    ],
    [VERDICTS.length, "warning", "http answer: 12 more in the same second"],
  ];

for (const [sort, level, text] of MORE) {
  Deno.test(`noticeOf() counts "${text}"`, () => {
    deepStrictEqual(
      noticeOf({ kind: "more", time: 0, sort, count: 12 }),
      { level, text },
    );
  });
}

/** The record of a request to the protocol at index 0, HTTP. */
function request(
  method: string,
  url: string,
  version?: string,
  status?: string,
): ReturnType<typeof noticeOf> {
  const notes = { 0: method, 1: url, 2: version, 6: status };
  return noticeOf({
    kind: "message",
    time: 0,
    isNews: true,
    application: 0,
    isAnswered: true,
    requestLen: 0,
    answerLen: 0,
    protocol: 6,
    vlan: 0,
    seed: 0,
    src: FRAME.src,
    dst: FRAME.dst,
    srcPort: 50_000,
    dstPort: 80,
    notes: Object.entries(notes).flatMap(([field, note]) =>
      note === undefined ? [] : [[Number(field), octets(note)] as const]
    ),
    payload: octets(""),
    answer: octets(""),
  });
}

// [what a web client asked for, what it was told]
const HTTP: readonly [request: Parameters<typeof request>, text: string][] = [
  [["GET", "/a?b", "1.1", "401"], "HTTP/1.1 401 to GET /a?b"],
  [["POST", "/", "1.1"], "HTTP/1.1 401 to POST /"],
  [["GET", "", "1.1", "400"], "HTTP/1.1 400 to GET "],
  [["POST", "/", undefined, "400"], "HTTP/1.1 400 to POST /"],
  [["GET", "/"], "HTTP/0.9 page to GET /"],
];

for (const [asked, text] of HTTP) {
  Deno.test(`noticeOf() says "${text}"`, () => {
    deepStrictEqual(request(...asked), { level: "warning", text });
  });
}

Deno.test("noticeOf() lets nothing through that a terminal acts on, W-62", () => {
  deepStrictEqual(
    request("GET", "/\x1b[2J\r\nWARN - forged\xc2\x9b\\", "1.1", "401"),
    {
      level: "warning",
      text:
        "HTTP/1.1 401 to GET /\\x1b[2J\\x0d\\x0aWARN - forged\\xc2\\x9b\\\\",
    },
  );
});

Deno.test("noticeOfScanner() says who scans, and whether that is sure", () => {
  const evidence = "window 1024";
  const type = "Tool";
  const src = Uint8Array.of(192, 0, 2, 1);
  const of = (confidence: "high" | "medium"): string =>
    noticeOfScanner(src, { name: "nmap", type, confidence, evidence, bits: 0 })
      .text;
  strictEqual(of("high"), "nmap at 192.0.2.1: window 1024");
  strictEqual(of("medium"), "perhaps nmap at 192.0.2.1: window 1024");
});
