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
import { CONN, readColumns, readJson, type Row } from "../zeek_logs.ts";

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

/** Lines of a capture's log. */
function rowsOf(capture: Capture): Row[] {
  return readColumns(logOf(capture), CONN);
}

function captureOf(name: string): Capture {
  return CAPTURES.find((capture) => capture.name === name)!;
}

for (const capture of CAPTURES) {
  Deno.test(`conn.log of ${capture.name} has the fields of Zeek`, () => {
    const log = logOf(capture);
    readColumns(log, CONN);
    match(log, /\n#close\t\S+\n$/);
    readJson(logOf(capture, "json"), CONN);
  });

  judged(`conn.log of ${capture.name} counts what tshark counts`, async () => {
    const packets = await decode(await Deno.readFile(capture.path));
    const sent = packets.filter((it) => it.get("eth.src") !== SELF_MAC);
    for (const [id, rows] of Map.groupBy(rowsOf(capture), idOf)) {
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
    const rows = rowsOf(captureOf(name))
      .filter(({ proto }) => proto !== "icmp")
      .map((it) => `${it.service} ${it.conn_state} ${it.history}`);
    deepStrictEqual([...new Set(rows)], lines);
  });
}

Deno.test("conn.log calls TLS what Zeek calls it", () => {
  const [row] = rowsOf(captureOf("tls/curl"))
    .filter(({ proto }) => proto === "tcp");
  strictEqual(row!.service, "ssl");
});

Deno.test("conn.log of a ping has type and counterpart for ports, as Zeek's", () => {
  const ports = (name: string): string[] => [
    ...new Set(
      rowsOf(captureOf(name))
        .map((it) => `${it["id.orig_p"]} ${it["id.resp_p"]} ${it.conn_state}`),
    ),
  ];
  deepStrictEqual(ports("icmpv4/ping"), ["8 0 OTH"]);
  ok(ports("icmpv6/ping").includes("128 129 OTH"));
});

Deno.test("conn.log in JSON has the same values, and leaves out the unset", () => {
  const capture = captureOf("http/curl_get");
  const log = logOf(capture, "json");
  const unset = /^(-|\(empty\))$/;
  deepStrictEqual(
    readJson(log, CONN),
    rowsOf(capture).map((row) =>
      Object.fromEntries(
        Object.entries(row).filter(([, value]) => !unset.test(value)),
      )
    ),
  );
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
