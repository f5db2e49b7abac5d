import { deepStrictEqual, match, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseCommand } from "../src/cli.ts";
import {
  type CapturedFrame,
  pcapHeader,
  pcapRecord,
  readPcap,
} from "../src/pcap.ts";
import { replay } from "../src/run/replay.ts";
import { type Capture, CAPTURES, SERVICE_ANSWERS } from "./captures.ts";
import { SELF_IPS, SELF_MAC } from "./harness.ts";
import { decode, type Field, judged, type Packet } from "./tshark.ts";

const ALL_NODES = "ff02::1";
const ALL_NODES_MAC = "33:33:00:00:00:01";
const MTU = 1500;
const CHALLENGE = 'Basic realm="Access to admin page"';

for (const capture of CAPTURES) {
  judged(`replay: ${capture.name} ${capture.shows}`, () => check(capture));
}

// What is the same with either persona, as far as it goes on one frame.
const BELOW = /^(arp|icmpv[46]|misc|nd|tcp|vlan)\//;
for (const capture of CAPTURES.filter(({ name }) => BELOW.test(name))) {
  const persona = capture.persona === "linux" ? "classic" : "linux";
  judged(`replay: ${capture.name} also with --persona ${persona}`, () => {
    return check({ ...capture, persona });
  });
}

for (const name of ["http/curl_get_ipv6", "http/curl_post_large"]) {
  Deno.test(`replay: ${name} gives the same octets to anybody, always`, () => {
    const capture = CAPTURES.find((capture) => capture.name === name)!;
    const output = Deno.makeTempFileSync({ suffix: ".pcap" });
    try {
      const run = (): Uint8Array<ArrayBuffer> => {
        const { code, stderr, stdout } = new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "--quiet", "--no-prompt", "--cached-only"],
            ...["--allow-read", `--allow-write=${output}`],
            fileURLToPath(new URL("../main.ts", import.meta.url)),
            ...replayArgs(capture, output),
          ],
        }).outputSync();
        const said = [stdout, stderr].map((it) => new TextDecoder().decode(it));
        deepStrictEqual([code, ...said], [0, "", ""]);
        return Deno.readFileSync(output);
      };
      const first = run();
      deepStrictEqual(run(), first);
      const expected = [...readPcap(first)].map(({ octets }) => octets);
      const inProcess = replayed(capture).map(({ octets }) => octets);
      deepStrictEqual(inProcess, expected);
    } finally {
      Deno.removeSync(output);
    }
  });
}

/** Runs the program. */
function run(
  args: readonly string[],
): { code: number; stderr: string; out: Uint8Array<ArrayBuffer> } {
  const { code, stderr, stdout } = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--cached-only"],
      ...["--allow-read", "--allow-write=/tmp"],
      fileURLToPath(new URL("../main.ts", import.meta.url)),
      ...args,
    ],
  }).outputSync();
  return { code, stderr: new TextDecoder().decode(stderr), out: stdout };
}

Deno.test("replay never writes over the capture that it reads", () => {
  const path = Deno.makeTempFileSync({ dir: "/tmp", suffix: ".pcap" });
  try {
    const before = Deno.readFileSync(
      new URL("pcap/icmpv4/ping.pcap", import.meta.url),
    );
    Deno.writeFileSync(path, before);
    const { code, stderr } = run([
      ...["replay", path, "-w", `/tmp/../${path}`],
    ]);
    deepStrictEqual(
      [code, stderr],
      [
        1,
        `ERROR - Cannot write "/tmp/../${path}": it is the capture that is read. Name another after -w\n`,
      ],
    );
    deepStrictEqual(Deno.readFileSync(path), before);
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("replay -w - writes answers to standard output", () => {
  const capture = CAPTURES.find(({ name }) => name === "http/curl_get")!;
  const { out } = run(replayArgs(capture, "-"));
  deepStrictEqual(
    [...readPcap(out)].map(({ octets }) => octets),
    replayed(capture).map(({ octets }) => octets),
  );
});

Deno.test("replay of a device is one line and status 1", () => {
  const { code, stderr } = run(["replay", "/dev/full"]);
  deepStrictEqual(
    [code, stderr],
    [
      1,
      'ERROR - Cannot read "/dev/full": devices cannot be used, but files ' +
      "and pipes can\n",
    ],
  );
});

/** Replays a capture, and has the conversation judged. */
async function check(capture: Capture): Promise<void> {
  judge(capture, await decode(merge(capture, replayed(capture))));
}

function replayArgs({ path, persona }: Capture, output: string): string[] {
  return [
    ...["replay", fileURLToPath(path), "-w", output, "-q"],
    ...["-m", SELF_MAC, "--self-ip-list", SELF_IPS, "--persona", persona],
  ];
}

/** What a replay of a capture answers. */
function replayed(capture: Capture): CapturedFrame[] {
  const output = Deno.makeTempFileSync({ suffix: ".pcap" });
  try {
    const command = parseCommand(replayArgs(capture, output));
    ok(command.command === "replay");
    replay(command);
    return [...readPcap(Deno.readFileSync(output))];
  } finally {
    Deno.removeSync(output);
  }
}

/** Puts each answer behind the request that it has the time of. */
function merge(
  { requests }: Capture,
  answers: readonly CapturedFrame[],
): Uint8Array<ArrayBuffer> {
  const frames = [...requests, ...answers].toSorted((a, b) => a.time - b.time);
  deepStrictEqual(frames.length, requests.length + answers.length);
  const records = frames.map(({ octets, time }) => pcapRecord(time, octets));
  const length = (pieces: readonly Uint8Array[]): number =>
    pieces.reduce((sum, piece) => sum + piece.length, 0);
  const pieces = [pcapHeader(), ...records];
  const file = new Uint8Array(length(pieces));
  pieces.forEach((piece, i) => file.set(piece, length(pieces.slice(0, i))));
  return file;
}

/** Checks a whole conversation. */
function judge(
  { answers, persona }: Capture,
  packets: readonly Packet[],
): void {
  const hasOptions = persona === "linux";
  const counts: Record<string, number> = {};
  const count = (kind: string, by: number = 1): void => {
    counts[kind] = (counts[kind] ?? 0) + by;
  };
  let request: Packet | undefined;
  for (const packet of packets) {
    // Not even the client's frames: what it acknowledges, we have sent.
    deepStrictEqual(packet.all["tcp.analysis.flags"], undefined, `${packet}`);
    if (packet.get("eth.src") !== SELF_MAC) {
      request = packet;
      continue;
    }
    ok(request, `${packet} answers nothing`);
    judgeFrame(packet, request);
    if (packet.get("arp.opcode")) {
      judgeArp(packet, request);
      count("arp");
    } else if (packet.get("icmpv6.type") === "136") {
      judgeAdvertisement(packet, request);
      count("advertisement");
    } else if (packet.get("tcp.flags.syn") === "1") {
      judgeSynAck(packet, request, hasOptions);
      count("synAck");
    } else if (packet.get("tcp.stream") || packet.get("udp.stream")) {
      for (const [kind, field, meant] of SERVICE_ANSWERS) {
        const found = packet.all[field]?.filter((value) => meant.test(value));
        if (found !== undefined && found.length > 0) count(kind, found.length);
      }
    } else {
      judgeEcho(packet, request);
      count("echo");
    }
  }
  deepStrictEqual(counts, { ...answers });
  const streams = Map.groupBy(packets, (packet) => packet.get("tcp.stream"));
  streams.delete(undefined);
  for (const stream of streams.values()) judgeStream(stream, hasOptions);
  judgePages(packets, answers.page ?? 0);
}

/** What every frame of ours has to be. */
function judgeFrame(packet: Packet, request: Packet): void {
  deepStrictEqual(packet.complaints, [], `${packet}`);
  const sums = [
    "ip.checksum.status",
    "icmp.checksum.status",
    "icmpv6.checksum.status",
    "tcp.checksum.status",
    "udp.checksum.status",
  ] as const;
  const statuses = packet.pick(...sums).filter((it) => it !== undefined);
  const isArp = packet.get("arp.opcode") !== undefined;
  ok(statuses.every((status) => status === "1"), `${packet}`);
  ok(isArp || statuses.length > 0, `${packet}`);
  // Back to where the request came from, and through the same VLAN.
  deepStrictEqual(packet.all["vlan.id"], request.all["vlan.id"]);
  deepStrictEqual(packet.all["vlan.priority"], request.all["vlan.priority"]);
  if (isArp || packet.get("icmpv6.type") === "136") return;
  deepStrictEqual(packet.get("eth.dst"), request.get("eth.src"));
  deepStrictEqual(
    packet.pick("ip.src", "ipv6.src", "tcp.srcport", "udp.srcport"),
    request.pick("ip.dst", "ipv6.dst", "tcp.dstport", "udp.dstport"),
  );
  deepStrictEqual(
    packet.pick("ip.dst", "ipv6.dst", "tcp.dstport", "udp.dstport"),
    request.pick("ip.src", "ipv6.src", "tcp.srcport", "udp.srcport"),
  );
}

/** RFC 826, "Packet Reception". */
function judgeArp(packet: Packet, request: Packet): void {
  deepStrictEqual(packet.get("arp.opcode"), "2");
  deepStrictEqual(packet.get("arp.src.hw_mac"), SELF_MAC);
  deepStrictEqual(
    packet.pick("eth.dst", "arp.dst.hw_mac", "arp.dst.proto_ipv4"),
    request.pick("eth.src", "arp.src.hw_mac", "arp.src.proto_ipv4"),
  );
  const [target] = request.pick("arp.dst.proto_ipv4");
  deepStrictEqual(packet.get("arp.src.proto_ipv4"), target);
  ok(SELF_IPS.split(",").includes(target!));
}

/** RFC 4861 §4.4 and §7.2.4. */
function judgeAdvertisement(packet: Packet, request: Packet): void {
  const [asker, askerMac] = request.pick("ipv6.src", "eth.src");
  const [target] = request.pick("icmpv6.nd.ns.target_address");
  const isProbe = asker === "::";
  deepStrictEqual(
    packet.pick("ipv6.dst", "eth.dst"),
    isProbe ? [ALL_NODES, ALL_NODES_MAC] : [asker, askerMac],
  );
  deepStrictEqual(
    packet.pick(
      "ipv6.src",
      "icmpv6.nd.na.target_address",
      "icmpv6.opt.target_linkaddr",
      "ipv6.hlim",
      "icmpv6.nd.na.flag.r",
      "icmpv6.nd.na.flag.s",
      "icmpv6.nd.na.flag.o",
    ),
    [target, target, SELF_MAC, "255", "0", isProbe ? "0" : "1", "1"],
  );
  ok(SELF_IPS.split(",").includes(target!));
}

/** RFC 792, "Echo or Echo Reply Message", and RFC 4443 §4.2. */
function judgeEcho(packet: Packet, request: Packet): void {
  deepStrictEqual(request.pick("icmp.type", "icmpv6.type"), [
    ...request.get("ip.src") ? ["8", undefined] : [undefined, "128"],
  ]);
  deepStrictEqual(packet.pick("icmp.type", "icmpv6.type"), [
    ...request.get("ip.src") ? ["0", undefined] : [undefined, "129"],
  ]);
  const same = [
    "icmp.ident",
    "icmp.seq",
    "icmpv6.echo.identifier",
    "icmpv6.echo.sequence_number",
    "icmp.data_time",
    "data.data",
    "frame.len",
  ] as const;
  deepStrictEqual(packet.pick(...same), request.pick(...same));
}

/** RFC 9293 §3.5 and §3.7.1, RFC 7323 §2.2 and §3.2, RFC 2018 §2. */
function judgeSynAck(
  packet: Packet,
  request: Packet,
  hasOptions: boolean,
): void {
  deepStrictEqual(packet.pick("tcp.flags.fin", "tcp.flags.reset"), ["0", "0"]);
  deepStrictEqual(request.get("tcp.flags.syn"), "1");
  deepStrictEqual(
    packet.number("tcp.ack_raw"),
    (request.number("tcp.seq_raw") + 1) % 2 ** 32,
  );
  // Options that the client did not offer are not agreed to.
  const has = (packet: Packet): boolean[] =>
    packet.pick(
      "tcp.options.wscale.shift",
      "tcp.options.sack_perm",
      "tcp.options.timestamp.tsval",
    ).map((value) => value !== undefined);
  deepStrictEqual(
    has(packet),
    hasOptions ? has(request) : [false, false, false],
  );
  const headers = packet.get("ip.src") ? 40 : 60;
  deepStrictEqual(
    packet.pick("tcp.options.mss_val", "tcp.options.timestamp.tsecr"),
    hasOptions
      ? [`${MTU - headers}`, request.get("tcp.options.timestamp.tsval")]
      : [undefined, undefined],
  );
}

/** Checks that nothing that the client said on a connection was lost on us. */
function judgeStream(packets: readonly Packet[], hasOptions: boolean): void {
  const theirs = packets.filter((it) => it.get("eth.src") !== SELF_MAC);
  const ours = packets.filter((it) => it.get("eth.src") === SELF_MAC);
  const lastAnswer = ours.at(-1);
  if (lastAnswer === undefined) return; // it is not ours
  const fins = (packets: readonly Packet[]): number =>
    packets.filter((it) => it.get("tcp.flags.fin") === "1").length;
  // Who is done before he has read our last word resets instead.
  const isReset = theirs.some((it) => it.get("tcp.flags.reset") === "1");
  if (!isReset || fins(theirs) > 0) deepStrictEqual(fins(ours), fins(theirs));
  if (fins(theirs) > 0) {
    const ends = theirs.map((it) =>
      it.number("tcp.seq_raw") + it.number("tcp.len") +
      it.number("tcp.flags.syn") + it.number("tcp.flags.fin")
    );
    deepStrictEqual(
      lastAnswer.number("tcp.ack_raw"),
      ends.at(-1)! % 2 ** 32,
    );
  }
  // Timestamps: in every segment or in none, RFC 7323 §3.2.
  const offered = theirs[0]!.get("tcp.options.timestamp.tsval") !== undefined;
  for (const packet of ours) {
    deepStrictEqual(
      packet.get("tcp.options.timestamp.tsval") !== undefined,
      offered && hasOptions,
      `${packet}`,
    );
  }
}

/** What is not asked for a password, of what is recorded: see http.json. */
const REFUSALS = new Map([["TRACE", "405"], ["CONNECT", "400"]]);

/** Checks every page in a conversation, RFC 9110. */
function judgePages(packets: readonly Packet[], count: number): void {
  const pages = packets.filter((it) => it.get("http.response.code"));
  const all = (field: Field): readonly string[] =>
    pages.flatMap((page) => page.all[field] ?? []);
  const refusals = packets.flatMap((it) =>
    REFUSALS.get(it.get("http.request.method") ?? "") ?? []
  );
  const codes = all("http.response.code");
  const challenges = all("http.www_authenticate");
  deepStrictEqual(codes.filter((code) => code !== "401"), refusals);
  deepStrictEqual(codes.length, count);
  deepStrictEqual(
    challenges,
    new Array(count - refusals.length).fill(CHALLENGE),
  );
  deepStrictEqual(all("http.date").length, count);
  // The body is as long as its head says or, for HEAD, would be.
  const bodies = all("http.file_data");
  const lengths = all("http.content_length_header");
  deepStrictEqual(lengths.length, count);
  const isHead = packets.some((it) => it.get("http.request.method") === "HEAD");
  deepStrictEqual(bodies.map(({ length }) => `${length}`), [
    ...isHead ? [] : lengths,
  ]);
  for (const body of bodies) match(body, /^<html>.*<\/html>\r?\n$/s);
  // The clock is the capture's, RFC 9110 §5.6.7.
  for (const page of pages) {
    const second = Math.floor(page.number("frame.time_epoch"));
    const date = new Date(second * 1000).toUTCString();
    for (const said of page.all["http.date"]!) deepStrictEqual(said, date);
  }
}
