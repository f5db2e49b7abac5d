import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { DEPTH_OF, LISTEN } from "../../src/record/layout.ts";
import { type FrameRecord, readRecords } from "../../src/record/records.ts";
import { packetLog } from "../../src/sink/packet_log.ts";
import { macText } from "../../src/address/text.ts";
import { NO_TAG } from "../../src/stack/link.ts";
import { VERDICT } from "../../src/verdict.ts";
import { makeStack } from "../harness.ts";

const CLIENT = Uint8Array.fromHex("eac0d6200c6a");
const OTHER = Uint8Array.fromHex("020000000001");

/** A frame that says nothing but whom it is from and for. */
const FRAME: FrameRecord = {
  kind: "frame",
  time: 1_700_000_000_007,
  isNews: false,
  isProof: false,
  verdict: VERDICT.ethertype_unknown,
  depth: DEPTH_OF.link,
  srcMac: CLIENT,
  dstMac: OTHER,
  ethertype: 0x1234,
  vlan: 0,
  src: new Uint8Array(),
  dst: new Uint8Array(),
  target: new Uint8Array(),
  protocol: 0,
  srcPort: 0,
  dstPort: 0,
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
const ARP: FrameRecord = {
  ...FRAME,
  depth: DEPTH_OF.arp,
  ethertype: 0x0806,
  src: Uint8Array.of(192, 0, 2, 1),
  dst: Uint8Array.of(192, 0, 2, 10),
  typeCode: 1,
};
const IPV4: FrameRecord = {
  ...FRAME,
  depth: DEPTH_OF.ip,
  ethertype: 0x0800,
  src: Uint8Array.of(192, 0, 2, 1),
  dst: Uint8Array.of(192, 0, 2, 10),
};
const IPV6: FrameRecord = {
  ...FRAME,
  depth: DEPTH_OF.ip,
  ethertype: 0x86dd,
  src: Uint8Array.fromHex("20010db8000000000000000000000001"),
  dst: Uint8Array.fromHex("20010db8000000000000000000000010"),
};
const TCP: FrameRecord = {
  ...IPV4,
  depth: DEPTH_OF.transport,
  protocol: 6,
  srcPort: 50_000,
  dstPort: 80,
  typeCode: 24,
  seq: 4_294_967_295,
  ack: 7,
  sentSeq: 7,
  sentAck: 3,
  sentFlags: 16,
};
const UDP: FrameRecord = { ...TCP, protocol: 17 };

const MACS = "ea:c0:d6:20:0c:6a 02:00:00:00:00:01";
const IPS = "192.0.2.1 192.0.2.10";
const IPS6 = "2001:db8::1 2001:db8::10";

// Lines of the console format, without the time; spaces stand for the tabs
// between columns, which may be empty. LOG-06 to LOG-10 and section 9.4.
const LOGS: readonly [
  name: string,
  record: FrameRecord,
  lines: readonly string[],
][] = [
  ["a frame of an unknown type", FRAME, [
    `eth recv ${MACS}      unknown`,
    `eth drop ${MACS}      unknown`,
  ]],
  [
    "a frame to another station",
    { ...FRAME, ethertype: 0x0800, verdict: VERDICT.frame_not_for_us },
    [`eth recv ${MACS}      Ipv4`, `eth drop ${MACS}      Ipv4`],
  ],
  ["an ARP request that is answered", { ...ARP, verdict: VERDICT.arp_reply }, [
    `eth recv ${MACS}      Arp`,
    `arp recv ${MACS} ${IPS} ArpOperation(1)`,
    `arp send ${MACS} ${IPS} ArpOperation(2)`,
    `eth send ${MACS}      Arp`,
  ]],
  [
    "an ARP request for somebody else",
    { ...ARP, verdict: VERDICT.ip_not_for_us },
    [
      `eth recv ${MACS}      Arp`,
      `arp recv ${MACS} ${IPS} ArpOperation(1)`,
      `arp drop ${MACS} ${IPS} ArpOperation(1)`,
      `eth drop ${MACS}      Arp`,
    ],
  ],
  [
    "an ARP reply",
    { ...ARP, typeCode: 2, verdict: VERDICT.arp_not_request },
    [
      `eth recv ${MACS}      Arp`,
      `arp recv ${MACS} ${IPS} ArpOperation(2)`,
      `arp drop ${MACS} ${IPS} ArpOperation(2)`,
      `eth drop ${MACS}      Arp`,
    ],
  ],
  [
    "an IPv4 packet of an unknown protocol",
    { ...IPV4, protocol: 47, verdict: VERDICT.protocol_unknown },
    [
      `eth recv ${MACS}      Ipv4`,
      `ipv4 recv ${MACS} ${IPS}    Gre`,
      `ipv4 drop ${MACS} ${IPS}    Gre`,
      `eth drop ${MACS} ${IPS}    Ipv4`,
    ],
  ],
  [
    "an IPv6 packet of an unknown protocol",
    { ...IPV6, protocol: 253, verdict: VERDICT.protocol_unknown },
    [
      `eth recv ${MACS}      Ipv6`,
      `ipv6 recv ${MACS} ${IPS6}    unknown`,
      `ipv6 drop ${MACS} ${IPS6}    unknown`,
      `eth drop ${MACS} ${IPS6}    Ipv6`,
    ],
  ],
  [
    "an echo request",
    {
      ...IPV4,
      depth: DEPTH_OF.transport,
      protocol: 1,
      typeCode: 8 << 8,
      verdict: VERDICT.icmpv4_echo_reply,
    },
    [
      `eth recv ${MACS}      Ipv4`,
      `ipv4 recv ${MACS} ${IPS}    Icmp`,
      `icmpv4 recv ${MACS} ${IPS} Icmp   IcmpType(8) IcmpCode(0)`,
      `icmpv4 send ${MACS} ${IPS} Icmp   IcmpType(0) IcmpCode(0)`,
      `ipv4 send ${MACS} ${IPS} Icmp   Icmp`,
      `eth send ${MACS} ${IPS} Icmp   Ipv4`,
    ],
  ],
  [
    "an ICMP error",
    {
      ...IPV4,
      depth: DEPTH_OF.transport,
      protocol: 1,
      typeCode: 3 << 8 | 13,
      verdict: VERDICT.icmp_not_request,
    },
    [
      `eth recv ${MACS}      Ipv4`,
      `ipv4 recv ${MACS} ${IPS}    Icmp`,
      `icmpv4 recv ${MACS} ${IPS} Icmp   IcmpType(3) IcmpCode(13)`,
      `icmpv4 drop ${MACS} ${IPS} Icmp   IcmpType(3) IcmpCode(13)`,
      `ipv4 drop ${MACS} ${IPS} Icmp   Icmp`,
      `eth drop ${MACS} ${IPS} Icmp   Ipv4`,
    ],
  ],
  [
    "a neighbour solicitation",
    {
      ...IPV6,
      depth: DEPTH_OF.transport,
      protocol: 58,
      typeCode: 135 << 8,
      verdict: VERDICT.neighbor_advertisement,
    },
    [
      `eth recv ${MACS}      Ipv6`,
      `ipv6 recv ${MACS} ${IPS6}    Icmpv6`,
      `icmpv6 recv ${MACS} ${IPS6} Icmpv6   Icmpv6Type(135) Icmpv6Code(0)`,
      `icmpv6 send ${MACS} ${IPS6} Icmpv6   Icmpv6Type(136) Icmpv6Code(0)`,
      `ipv6 send ${MACS} ${IPS6} Icmpv6   Icmpv6`,
      `eth send ${MACS} ${IPS6} Icmpv6   Ipv6`,
    ],
  ],
  [
    "an IPv6 echo request",
    {
      ...IPV6,
      depth: DEPTH_OF.transport,
      protocol: 58,
      typeCode: 128 << 8,
      verdict: VERDICT.icmpv6_echo_reply,
    },
    [
      `eth recv ${MACS}      Ipv6`,
      `ipv6 recv ${MACS} ${IPS6}    Icmpv6`,
      `icmpv6 recv ${MACS} ${IPS6} Icmpv6   Icmpv6Type(128) Icmpv6Code(0)`,
      `icmpv6 send ${MACS} ${IPS6} Icmpv6   Icmpv6Type(129) Icmpv6Code(0)`,
      `ipv6 send ${MACS} ${IPS6} Icmpv6   Icmpv6`,
      `eth send ${MACS} ${IPS6} Icmpv6   Ipv6`,
    ],
  ],
  ["a segment that is answered", { ...TCP, verdict: VERDICT.tcp_ack }, [
    `eth recv ${MACS}      Ipv4`,
    `ipv4 recv ${MACS} ${IPS}    Tcp`,
    `tcp recv ${MACS} ${IPS} Tcp 50000 80 24 4294967295 7`,
    `tcp send ${MACS} ${IPS} Tcp 50000 80 16 7 3`,
    `ipv4 send ${MACS} ${IPS} Tcp 50000 80 Tcp`,
    `eth send ${MACS} ${IPS} Tcp 50000 80 Ipv4`,
  ]],
  [
    "a segment that is not answered",
    { ...TCP, verdict: VERDICT.tcp_cookie_wrong },
    [
      `eth recv ${MACS}      Ipv4`,
      `ipv4 recv ${MACS} ${IPS}    Tcp`,
      `tcp recv ${MACS} ${IPS} Tcp 50000 80 24 4294967295 7`,
      `tcp drop ${MACS} ${IPS} Tcp 50000 80 24 4294967295 7`,
      `ipv4 drop ${MACS} ${IPS} Tcp 50000 80 Tcp`,
      `eth drop ${MACS} ${IPS} Tcp 50000 80 Ipv4`,
    ],
  ],
  ["a datagram", { ...UDP, verdict: VERDICT.udp_not_recognised }, [
    `eth recv ${MACS}      Ipv4`,
    `ipv4 recv ${MACS} ${IPS}    Udp`,
    `udp recv ${MACS} ${IPS} Udp 50000 80 `, // ends with a tab, LOG-07
    `udp drop ${MACS} ${IPS} Udp 50000 80 `,
    `ipv4 drop ${MACS} ${IPS} Udp 50000 80 Udp`,
    `eth drop ${MACS} ${IPS} Udp 50000 80 Ipv4`,
  ]],
];

for (const [name, record, lines] of LOGS) {
  Deno.test(`packetLog() writes ${name} to the console`, () => {
    deepStrictEqual(
      packetLog(record, "console").split("\n"),
      [
        ...lines.map((line) => `1700000000.007\t${line.replaceAll(" ", "\t")}`),
        "",
      ],
    );
  });
}

const KEYS = "mac_src=ea:c0:d6:20:0c:6a mac_dst=02:00:00:00:00:01";
const IP_KEYS = "ip_src=192.0.2.1 ip_dst=192.0.2.10";
const PORT_KEYS = "transport=Tcp port_src=50000 port_dst=80";

// Without the time, LOG-11 to LOG-13.
const LOGFMT: readonly [
  name: string,
  record: FrameRecord,
  lines: readonly string[],
][] = [
  ["an ARP request", { ...ARP, verdict: VERDICT.arp_reply }, [
    `proto=eth verb=recv ${KEYS} eth_type=Arp`,
    `proto=arp verb=recv ${KEYS} ${IP_KEYS} op=ArpOperation(1)`,
    "proto=arp verb=send mac_dst=ea:c0:d6:20:0c:6a mac_src=02:00:00:00:00:01 " +
    "ip_dst=192.0.2.1 ip_src=192.0.2.10 op=ArpOperation(2)",
    `proto=eth verb=send ${KEYS} eth_type=Arp`,
  ]],
  ["a segment", { ...TCP, verdict: VERDICT.tcp_ack }, [
    `proto=eth verb=recv ${KEYS} eth_type=Ipv4`,
    `proto=ipv4 verb=recv ${KEYS} ${IP_KEYS} next_proto=Tcp`,
    `proto=tcp verb=recv ${KEYS} ${IP_KEYS} ${PORT_KEYS} flags=24 seq=4294967295 ack=7`,
    `proto=tcp verb=send ${KEYS} ${IP_KEYS} ${PORT_KEYS} flags=16 seq=7 ack=3`,
    `proto=ipv4 verb=send ${KEYS} ${IP_KEYS} ${PORT_KEYS} next_proto=Tcp`,
    `proto=eth verb=send ${KEYS} ${IP_KEYS} ${PORT_KEYS} eth_type=Ipv4`,
  ]],
  [
    "an ICMP message",
    { ...IPV4, depth: DEPTH_OF.transport, protocol: 1, typeCode: 3 << 8 | 1 },
    [
      `proto=eth verb=recv ${KEYS} eth_type=Ipv4`,
      `proto=ipv4 verb=recv ${KEYS} ${IP_KEYS} next_proto=Icmp`,
      `proto=icmpv4 verb=recv ${KEYS} ${IP_KEYS} transport=Icmp icmp_type=IcmpType(3) icmp_code=IcmpCode(1)`,
      `proto=icmpv4 verb=drop ${KEYS} ${IP_KEYS} transport=Icmp icmp_type=IcmpType(3) icmp_code=IcmpCode(1)`,
      `proto=ipv4 verb=drop ${KEYS} ${IP_KEYS} transport=Icmp next_proto=Icmp`,
      `proto=eth verb=drop ${KEYS} ${IP_KEYS} transport=Icmp eth_type=Ipv4`,
    ],
  ],
];

for (const [name, record, lines] of LOGFMT) {
  Deno.test(`packetLog() writes ${name} as logfmt`, () => {
    deepStrictEqual(
      packetLog(record, "logfmt").split("\n"),
      [...lines.map((line) => `ts=1700000000.007 ${line}`), ""],
    );
  });

  Deno.test(`packetLog() writes ${name} as JSON with the same keys and values`, () => {
    const objects = packetLog(record, "json").trimEnd().split("\n")
      .map((line) => JSON.parse(line));
    strictEqual(objects[0].ts, 1_700_000_000.007);
    deepStrictEqual(
      objects.map(({ ts: _, ...rest }) =>
        Object.entries(rest).map(([key, value]) => `${key}=${value}`).join(" ")
      ),
      lines,
    );
  });
}

// [milliseconds, time stamp], W-58
const TIMES: readonly [time: number, stamp: string][] = [
  [0, "0.000"],
  [7, "0.007"],
  [1_700_000_000_070, "1700000000.070"],
  [1_700_000_000_700.6, "1700000000.701"],
  [1_700_000_000_999.9, "1700000001.000"],
];

for (const [time, stamp] of TIMES) {
  Deno.test(`packetLog() writes ${time} ms as ${stamp}`, () => {
    const [line] = packetLog({ ...FRAME, time }, "console").split("\t");
    strictEqual(line, stamp);
  });
}

Deno.test("packetLog() says of every vector what the stack did with it", () => {
  const { vectors } = JSON.parse(Deno.readTextFileSync(
    new URL("../vectors/vectors.json", import.meta.url),
  ));
  let sent = 0;
  let record: FrameRecord | undefined;
  const { arena, outbox, recorder, stack } = makeStack(
    { listen: LISTEN.everything },
    ({ count }) => sent += count,
    (buffer, length) => {
      [record] = readRecords(buffer, length) as Generator<FrameRecord>;
    },
  );
  for (const { request } of vectors) {
    const frame = Uint8Array.fromHex(request);
    const at = arena.bytes.length - frame.length;
    arena.bytes.set(frame, at);
    sent = 0;
    record = undefined;
    const verdict = stack.receive(at, arena.bytes.length, NO_TAG, false);
    outbox.flush();
    recorder.flush();
    if (record === undefined) {
      strictEqual(verdict, VERDICT.frame_short);
      continue;
    }
    const isAnswered = sent > 0;
    const rows = packetLog(record, "console").trimEnd()
      .split("\n").map((line) => line.split("\t"));
    const verb = isAnswered ? "send" : "drop";
    const half = rows.length / 2;
    deepStrictEqual(
      rows.map((row) => row[2]),
      rows.map((_, i) => i < half ? "recv" : verb),
      request,
    );
    // Up through the layers and down again.
    const layers = rows.map((row) => row[1]);
    deepStrictEqual(layers.slice(half), layers.slice(0, half).reverse());
    for (const row of rows) {
      strictEqual(row[3], macText(frame.subarray(6, 12)));
      strictEqual(row[4], macText(frame.subarray(0, 6)));
      match(row.join("\t"), /^[ -~\t]*$/);
    }
  }
});
