import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseCommand } from "../../src/cli.ts";
import { replay } from "../../src/run/replay.ts";
import { LINES } from "../../src/sink/framing.ts";
import { Output } from "../../src/sink/output.ts";
import { ZeekFile } from "../../src/sink/zeek_file.ts";
import { ZeekLog } from "../../src/sink/zeek_log.ts";
import { type Capture, CAPTURES } from "../captures.ts";
import { SELF_IPS, SELF_MAC } from "../harness.ts";
import { decode, judged, type Packet } from "../tshark.ts";

type Row = Readonly<Record<string, string>>;

/** Fields of conn.log and their types, as Zeek 8 documents them. */
const CONN: readonly [name: string, type: string][] = [
  ["ts", "time"],
  ["uid", "string"],
  ["id.orig_h", "addr"],
  ["id.orig_p", "port"],
  ["id.resp_h", "addr"],
  ["id.resp_p", "port"],
  ["proto", "enum"],
  ["service", "string"],
  ["duration", "interval"],
  ["orig_bytes", "count"],
  ["resp_bytes", "count"],
  ["conn_state", "string"],
  ["local_orig", "bool"],
  ["local_resp", "bool"],
  ["missed_bytes", "count"],
  ["history", "string"],
  ["orig_pkts", "count"],
  ["orig_ip_bytes", "count"],
  ["resp_pkts", "count"],
  ["resp_ip_bytes", "count"],
  ["tunnel_parents", "set[string]"],
  ["ip_proto", "count"],
  ["community_id", "string"],
];

/** What a value of each type looks like, unless it is unset. */
const VALUES: Readonly<Record<string, RegExp>> = {
  addr: /^(\d+(\.\d+){3}|[\da-f:]+)$/,
  bool: /^[TF]$/,
  count: /^\d+$/,
  enum: /^(tcp|udp|icmp)$/,
  interval: /^\d+\.\d{6}$/,
  port: /^\d{1,5}$/,
  "set[string]": /^$/,
  string: /^[!-~]+$/,
  time: /^\d{10}\.\d{6}$/,
};

const STATES = /^(S[0-3F]|REJ|RST[OR]|RSTOS0|RSTRH|SHR?|OTH)$/;

/** Replays a capture, and returns the text of a log. */
function logOf({ path, persona }: Capture, format = "tsv"): string {
  const folder = Deno.makeTempDirSync();
  try {
    const command = parseCommand([
      ...["replay", fileURLToPath(path), "-q", "--zeek", folder],
      ...["--zeek-format", format, "-m", SELF_MAC, "--self-ip-list", SELF_IPS],
      ...["--persona", persona],
    ]);
    ok(command.command === "replay");
    replay(command);
    return Deno.readTextFileSync(`${folder}/conn.log`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Reads a log as its header says. */
function rowsOf(log: string): Row[] {
  const fields = /^#fields\t(.*)$/m.exec(log)![1]!.split("\t");
  return log.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t")).map((values) => {
      strictEqual(values.length, fields.length);
      return Object.fromEntries(fields.map((name, i) => [name, values[i]!]));
    });
}

function captureOf(name: string): Capture {
  return CAPTURES.find((capture) => capture.name === name)!;
}

for (const capture of CAPTURES) {
  Deno.test(`conn.log of ${capture.name} has the fields of Zeek`, () => {
    const log = logOf(capture);
    const [separator, ...header] = log.split("\n").slice(0, 8);
    strictEqual(separator, "#separator \\x09");
    deepStrictEqual(header.slice(0, 4), [
      "#set_separator\t,",
      "#empty_field\t(empty)",
      "#unset_field\t-",
      "#path\tconn",
    ]);
    match(header[4]!, /^#open\t\d{4}(-\d\d){5}$/);
    strictEqual(header[5], ["#fields", ...CONN.map(([it]) => it)].join("\t"));
    strictEqual(header[6], ["#types", ...CONN.map(([, it]) => it)].join("\t"));
    match(log, /\n#close\t\d{4}(-\d\d){5}\n$/);
    for (const row of rowsOf(log)) {
      for (const [name, type] of CONN) {
        if (row[name] !== "-") match(row[name]!, VALUES[type]!);
      }
      match(row.conn_state!, STATES);
    }
  });

  judged(`conn.log of ${capture.name} counts what tshark counts`, async () => {
    const packets = await decode(await Deno.readFile(capture.path));
    const sent = packets.filter((it) => it.get("eth.src") !== SELF_MAC);
    for (const [id, rows] of Map.groupBy(rowsOf(logOf(capture)), idOf)) {
      const seen = sent.filter((it) => it.get("communityid") === id);
      strictEqual(sum(rows, "orig_pkts"), seen.length);
      strictEqual(
        sum(rows, "orig_ip_bytes"),
        seen.map(packetLenOf).reduce((a, b) => a + b, 0),
      );
    }
  });
}

function idOf(row: Row): string {
  return row.community_id!;
}

function sum(rows: readonly Row[], name: string): number {
  return rows.reduce((sum, row) => sum + Number(row[name]), 0);
}

/** Length of a packet, with its IP header. */
function packetLenOf(packet: Packet): number {
  return packet.get("ip.len") === undefined
    ? 40 + packet.number("ipv6.plen")
    : packet.number("ip.len");
}

// [what, service, conn_state, history] of all lines but ICMP's.
const KNOWN: readonly [name: string, lines: readonly string[]][] = [
  ["http/curl_get", ["http SF ShADdFf"]],
  ["tcp/syn_scan", ["- RSTO ShR"]],
  ["tcp/connect_scan", ["- RSTO ShAR"]],
  ["dns/dig", ["dns SF Dd", "dns SF ShADdFf"]], // over UDP and over TCP
];

for (const [name, lines] of KNOWN) {
  Deno.test(`conn.log of ${name} has ${lines}`, () => {
    const rows = rowsOf(logOf(captureOf(name)))
      .filter(({ proto }) => proto !== "icmp")
      .map((it) => `${it.service} ${it.conn_state} ${it.history}`);
    deepStrictEqual([...new Set(rows)], lines);
  });
}

Deno.test("conn.log of a ping has type and counterpart for ports, as Zeek's", () => {
  const ports = (name: string): string[] => [
    ...new Set(
      rowsOf(logOf(captureOf(name)))
        .map((it) => `${it["id.orig_p"]} ${it["id.resp_p"]} ${it.conn_state}`),
    ),
  ];
  deepStrictEqual(ports("icmpv4/ping"), ["8 0 OTH"]);
  ok(ports("icmpv6/ping").includes("128 129 OTH"));
});

Deno.test("conn.log in JSON has the same values, and leaves out the unset", () => {
  const capture = captureOf("http/curl_get");
  const [row] = rowsOf(logOf(capture)) as [Row];
  const log = logOf(capture, "json");
  strictEqual(log.split("\n").length, 2);
  const json = JSON.parse(log);
  const types = new Map(CONN);
  for (const [name, value] of Object.entries(row)) {
    if (value === "-") {
      strictEqual(json[name], undefined);
      continue;
    }
    const type = types.get(name)!;
    if (type === "bool") strictEqual(json[name], value === "T");
    else if (type === "string" || type === "addr" || type === "enum") {
      strictEqual(json[name], value);
    } else ok(Math.abs(json[name] - Number(value)) < 1e-6);
  }
});

Deno.test("ZeekLog.line() escapes what would be read as something else", () => {
  const log = new ZeekLog("x", [["a", "string"], ["b", "string"]], "tsv");
  strictEqual(
    log.line(["a\tb\n\x1b[0m", "é"]),
    "a\\x09b\\x0a\\x1b[0m\t\\xc3\\xa9\n",
  );
  strictEqual(log.line(["-", "(empty)"]), "\\x2d\t\\x28empty)\n");
  strictEqual(log.line([undefined, ""]), "-\t(empty)\n");
  strictEqual(log.line(["\\x09", " #"]), "\\x5cx09\t #\n");
});

Deno.test("ZeekFile ends a log before it begins the next", () => {
  const path = Deno.makeTempFileSync();
  try {
    const open = (): Deno.FsFile => Deno.openSync(path, { append: true });
    let opened = 0;
    const file = new ZeekFile(path, {
      name: path,
      open: () => {
        const stream = open();
        return {
          isFile: true,
          writeSync: (octets) => stream.writeSync(octets),
          close: () => stream.close(),
        };
      },
    }, {
      header: () => `head ${++opened}\n`,
      footer: () => `foot\n`,
    });
    const output = new Output(file, LINES);
    output.writeText("one\n");
    ok(output.reopen());
    output.writeText("two\n");
    output.close();
    strictEqual(
      Deno.readTextFileSync(path),
      "head 1\none\nfoot\nhead 2\ntwo\nfoot\n",
    );
  } finally {
    Deno.removeSync(path);
  }
});
