import { createHash } from "node:crypto";
import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseCommand } from "../../src/cli.ts";
import { replay } from "../../src/run/replay.ts";
import { IvreRecords } from "../../src/sink/ivre.ts";
import { CAPTURES } from "../captures.ts";
import { SELF_IPS, SELF_MAC } from "../harness.ts";
import { PASSIVE_RECON, readColumns } from "../zeek_logs.ts";

/** Replays a capture, and returns its records. */
function recordsOf(
  name: string,
): [type: string, source: string, value: string][] {
  const { path, persona } = CAPTURES.find((it) => it.name === name)!;
  const output = Deno.makeTempFileSync({ suffix: ".log" });
  try {
    const command = parseCommand([
      ...["replay", fileURLToPath(path), "-q", "--ivre", output],
      ...["-m", SELF_MAC, "--self-ip-list", SELF_IPS, "--persona", persona],
    ]);
    ok(command.command === "replay");
    replay(command);
    return readColumns(Deno.readTextFileSync(output), PASSIVE_RECON)
      .map(({ host, recon_type, source, srvport, targetval, value }) => {
        match(host!, /^(192\.0\.2\.1|2001:db8::1)$/);
        strictEqual(srvport, "-");
        strictEqual(targetval, "-");
        return [recon_type!.replace("PassiveRecon::", ""), source!, value!];
      });
  } finally {
    Deno.removeSync(output);
  }
}

// What the clients of scripts/record.sh asked, as IVRE's scripts write it.
const RECORDS: readonly [
  capture: string,
  records: readonly (readonly [string, string, string])[],
][] = [
  ["http/curl_get", [
    ["TCP_HONEYPOT_HIT", "tcp/80", "(empty)"],
    ["HTTP_HONEYPOT_REQUEST", "GET-1.1-tcp/80", "/"],
    ["HTTP_CLIENT_HEADER", "USER-AGENT", "curl/7.88.1"],
  ]],
  ["dns/dig", [
    ["DNS_HONEYPOT_QUERY", "udp/53-A-C_INTERNET", "www.example.com"],
    ["DNS_HONEYPOT_QUERY", "udp/53-TXT-C_CHAOS", "version.bind"],
    ["DNS_HONEYPOT_QUERY", "tcp/53-AXFR-C_INTERNET", "example.com"],
  ]],
  ["ssh/openssh", [
    ["SSH_CLIENT", "-", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10"],
    [
      "SSH_CLIENT_ALGOS",
      "compression_algorithms",
      "none zlib@openssh.com zlib",
    ],
  ]],
  // As tshark 4.0.17 has it in tls.handshake.ja3_full.
  ["tls/openssl_tls1_2", [[
    "SSL_CLIENT",
    "ja3",
    "771,49196-49200-159-52393-52392-52394-49195-49199-158-49188-49" +
    "192-107-49187-49191-103-49162-49172-57-49161-49171-51-157-156-" +
    "61-60-53-47-255,11-10-22-23-13,29-23-30-25-24,0-1-2",
  ]]],
  ["smb/smbclient", [
    [
      "NTLM_AUTHENTICATE",
      "tcp-SMB",
      `NetBIOS_Domain_Name:${btoa("CORP")},User_Name:${btoa("alice")},` +
      `Workstation:${btoa("VM")}`,
    ],
  ]],
];

for (const [capture, expected] of RECORDS) {
  Deno.test(`--ivre of ${capture} has what IVRE's scripts would`, () => {
    const records = recordsOf(capture).map((it) => it.join(" "));
    for (const record of expected) {
      ok(records.includes(record.join(" ")), `${record} of ${records}`);
    }
  });
}

Deno.test("--ivre of a scan has a hit for every SYN that is not refused", () => {
  const records = recordsOf("tcp/syn_scan");
  strictEqual(records.length, 4);
  for (const [type, source, value] of records) {
    strictEqual(type, "TCP_HONEYPOT_HIT");
    match(source, /^tcp\/\d+$/);
    strictEqual(value, "(empty)");
  }
});

Deno.test("--ivre of ssh/openssh has the text that IVRE hashes", () => {
  const [, source, value] = recordsOf("ssh/openssh")
    .find(([type]) => type === "SSH_CLIENT_HASSH")!;
  strictEqual(source, "hassh-v1.1");
  // As `ivre passiverecon2db --test` prints it.
  strictEqual(
    createHash("md5").update(value).digest("hex"),
    "472b5de333ad665af5cbf10ff892c4df",
  );
});

Deno.test("IvreRecords says of all that is missing, seldom and at the end", () => {
  const said: string[] = [];
  const records = new IvreRecords(() => {}, (text) => said.push(text));
  for (let second = 0; second < 12; second++) {
    records.omitted({ time: 1000 * second, src: undefined, count: 7 });
  }
  records.end();
  records.end();
  deepStrictEqual(said.map((text) => parseInt(text)), [7, 70, 7]);
});

Deno.test("--ivre is refused where something else is written", () => {
  const path = Deno.makeTempFileSync();
  try {
    const input = fileURLToPath(CAPTURES[0]!.path);
    const args = ["replay", input, "-q", "--events", path, "--ivre", path];
    const command = parseCommand(args);
    ok(command.command === "replay");
    throws(() => replay(command), /^OperatorError: Cannot write ".*" twice\. /);
  } finally {
    Deno.removeSync(path);
  }
});
