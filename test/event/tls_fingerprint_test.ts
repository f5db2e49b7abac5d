// deno-lint-ignore-file camelcase -- fields are spelled as in events

import { createHash } from "node:crypto";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { ja3Of, ja3TextOf, ja4Of } from "../../src/event/tls_fingerprint.ts";
import { CAPTURES } from "../captures.ts";
import { judged, tshark } from "../tshark.ts";
import { eventsOf } from "./replayed.ts";
import type { Event } from "./rig.ts";

const TLS = CAPTURES.filter(({ name }) => name.startsWith("tls/"));

/** Events of a capture's ClientHellos. */
function hellosOf(name: string): Event[] {
  const { events } = eventsOf(CAPTURES.find((it) => it.name === name)!);
  return events.filter(({ network }) => network?.protocol === "tls");
}

/** What Wireshark reads in a ClientHello: names of fields to their values. */
type Hello = Readonly<Record<string, readonly string[]>>;

const FIELDS = [
  "tls.handshake.ciphersuite",
  "tls.handshake.extension.type",
  "tls.handshake.extensions.supported_version",
  "tls.handshake.extensions_alpn_str",
  "tls.handshake.extensions_server_name",
  "tls.handshake.ja3",
  "tls.handshake.ja3_full",
  "tls.handshake.sig_hash_alg",
  "tls.handshake.version",
];

async function decodedHellos(pcap: Uint8Array): Promise<Hello[]> {
  const frames = JSON.parse(
    await tshark(
      pcap,
      ...["-Y", "tls.handshake.type == 1", "-T", "json"],
      ...FIELDS.flatMap((field) => ["-e", field]),
    ),
  ) as { _source: { layers: Hello } }[];
  return frames.map(({ _source: { layers } }) => layers);
}

/** Numbers that Wireshark read, as JA4 writes them, without GREASE. */
function numbers(hello: Hello, field: string): string[] {
  return (hello[`tls.handshake.${field}`] ?? []).map(Number)
    .filter((it) => (it & 0x0f0f) !== 0x0a0a || it >> 8 !== (it & 0xff))
    .map((it) => it.toString(16).padStart(4, "0"));
}

/** JA4 by hand, from what Wireshark read. */
function ja4ByHand(hello: Hello): string {
  const ciphers = numbers(hello, "ciphersuite");
  const extensions = numbers(hello, "extension.type");
  const versions = numbers(hello, "extensions.supported_version");
  const [latest] = versions.length > 0
    ? versions.toSorted().toReversed()
    : numbers(hello, "version");
  const [protocol] = hello["tls.handshake.extensions_alpn_str"] ?? ["00"];
  const rest = extensions.filter((it) => it !== "0000" && it !== "0010");
  const signatures = numbers(hello, "sig_hash_alg");
  const version = { "0300": "s3", "0304": "13" }[latest!] ??
    `1${Number(latest) - 301}`;
  const count = (list: string[]) => `${list.length}`.padStart(2, "0");
  const hash = (text: string) =>
    text === ""
      ? "000000000000"
      : createHash("sha256").update(text).digest("hex").slice(0, 12);
  return `t${version}${extensions.includes("0000") ? "d" : "i"}` +
    `${count(ciphers)}${count(extensions)}${protocol![0]}${protocol!.at(-1)}` +
    `_${hash(ciphers.toSorted().join(","))}` +
    `_${
      hash(
        rest.toSorted().join(",") +
          (signatures.length > 0 ? `_${signatures}` : ""),
      )
    }`;
}

for (const { name, path } of TLS) {
  judged(
    `events of ${name} have the fingerprints that tshark's reading has`,
    async () => {
      const theirs = await decodedHellos(await Deno.readFile(path));
      const ours = hellosOf(name);
      ok(ours.length > 0);
      deepStrictEqual(
        ours.map(({ tls }) => tls.client.ja3).toSorted(),
        theirs.map((it) => it["tls.handshake.ja3"]![0]).toSorted(),
      );
      deepStrictEqual(
        ours.map(({ masscanned }) => masscanned.tls.client.ja4).toSorted(),
        theirs.map(ja4ByHand).toSorted(),
      );
      deepStrictEqual(
        ours.map(({ tls }) => tls.client.server_name).sort(),
        theirs.map((it) => it["tls.handshake.extensions_server_name"]?.[0])
          .sort(),
      );
    },
  );
}

// As ja4plus 1.4.0 (PyPI) computes them.
const JA4: Readonly<Record<string, readonly string[]>> = {
  "tls/curl": ["t13i3111h2_e8f1e7e78f70_b26ce05bbdd6"],
  "tls/curl_ipv6": ["t13i3111h2_e8f1e7e78f70_b26ce05bbdd6"],
  "tls/openssl": ["t13d3111h2_e8f1e7e78f70_1f22a2ca17c4"],
  "tls/openssl_tls1_2": ["t12i280500_d943125447b4_a44c6288192a"],
  "tls/gnutls": ["t13i291200_723694b0fccc_2cc26d266019"],
  "tls/chromium": ["t13i1516h2_8daaf6152771_cb7bf5808d99"],
  "tls/nmap_version": [
    "t13i781000_ab95583b6d39_d41ae481755e",
    "ts3i200000_1a40976cc687_000000000000",
  ],
};

for (const [name, expected] of Object.entries(JA4)) {
  Deno.test(`events of ${name} have the JA4 that others compute`, () => {
    const ours = hellosOf(name)
      .map(({ masscanned }) => masscanned.tls.client.ja4);
    deepStrictEqual([...new Set(ours)].toSorted(), expected);
  });
}

Deno.test("events of tls/openssl tell what the client asked for", () => {
  const [event] = hellosOf("tls/openssl");
  const { masscanned, message, related, tls } = event!;
  strictEqual(tls.established, false);
  strictEqual(tls.client.server_name, "www.example.com");
  strictEqual(tls.client.supported_ciphers.length, 31);
  match(tls.client.supported_ciphers[0], /^1302$/);
  strictEqual(masscanned.tls.client.alpn, "h2,http/1.1");
  strictEqual(masscanned.tls.client.version, "0303");
  strictEqual(masscanned.tls.client.supported_versions, "0304,0303,0302,0301");
  deepStrictEqual(related.hash, [tls.client.ja3]);
  strictEqual(message, "TLS handshake failure to client of www.example.com");
});

/** What would have been noted of a client. */
function noted(values: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(
    Object.entries(values).map(([name, value]) => [
      name === "ciphers"
        ? "tls.client.supported_ciphers"
        : `masscanned.tls.client.${name}`,
      value,
    ]),
  );
}

// The example of JA4's specification, with GREASE, RFC 8701.
const CHROME = {
  version: "0303",
  supported_versions: "9a9a,0304,0303",
  ciphers: "2a2a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c," +
    "009d,002f,0035",
  extensions: "dada,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012," +
    "002b,ff01,000b,000a,0015,fafa",
  signature_algorithms: "0403,0804,0401,0503,0805,0501,0806,0601",
  alpn: "h2,http/1.1",
};

Deno.test("ja4Of() is what JA4's specification says of Chrome", () => {
  strictEqual(
    ja4Of(noted(CHROME)),
    "t13d1516h2_8daaf6152771_e5627efa2ab1",
  );
});

// Names of protocols as they are noted, and their ends in a JA4: its
// specification, "ALPN Extension Value".
const ENDS: readonly (readonly [alpn: string, ends: string])[] = [
  ["h2", "h2"],
  ["http/1.1,h2", "h1"],
  ["h", "hh"],
  ["", "00"],
  ["\\xab", "ab"],
  ["\\xab\\xcd", "ad"],
  ["0\\xab", "3b"],
  ["01\\xab", "3b"],
  ["\\xab\\x01", "a1"],
  ["\\x2ch2", "22"],
  ["h\\\\", "6c"],
  ["\\\\xab", "52"],
];

for (const [alpn, ends] of ENDS) {
  Deno.test(`ja4Of() of a client that asks for "${alpn}" has ${ends}`, () => {
    strictEqual(ja4Of(noted({ ...CHROME, alpn }))!.slice(8, 10), ends);
  });
}

Deno.test("ja3Of() and ja4Of() have no fingerprint of half an offer", () => {
  for (
    const values of [
      new Map(),
      noted({ ...CHROME, omitted_bytes: "2000" }),
    ]
  ) {
    strictEqual(ja3TextOf(values), undefined);
    strictEqual(ja3Of(values), undefined);
    strictEqual(ja4Of(values), undefined);
  }
});
