import { deepStrictEqual, match, ok } from "node:assert/strict";
import { tshark } from "../tshark.ts";
import { FOR_OURS, lab, Masscanned, OURS, OURS_6, run } from "./lab.ts";

// How each client, which must fail, names the alert. RFC 8446 §6.2
const CLIENTS: readonly (readonly [
  client: string,
  command: string,
  failure: RegExp,
])[] = [
  ["curl", `curl -sS https://${OURS}/`, /alert handshake failure/],
  ["curl", `curl -sS https://[${OURS_6}]:8443/`, /alert handshake failure/],
  [
    "openssl",
    `openssl s_client -connect ${OURS}:443 -servername www.example.com ` +
    "-alpn h2,http/1.1",
    /alert handshake failure.*SSL alert number 40/,
  ],
  [
    "openssl",
    `openssl s_client -connect ${OURS}:443 -tls1_2`,
    /alert handshake failure.*SSL alert number 40/,
  ],
  [
    "gnutls-cli",
    `gnutls-cli --no-ca-verification -p 443 ${OURS}`,
    /\[40\]: Handshake failed/,
  ],
];

for (const [client, command, failure] of CLIENTS) {
  lab(`the handshake of ${command} fails`, [client], async () => {
    await using masscanned = await Masscanned.start();
    const { code, stderr, stdout } = await run(command);
    ok(code !== 0);
    match(stderr + stdout, failure);
    await masscanned.says(/^WARN - TLS handshake failure/);
  });
}

lab(
  "events have the JA3 that tshark computes",
  ["curl", "openssl", "tshark"],
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.chmod(folder, 0o777);
      const [events, pcap] = [`${folder}/events`, `${folder}/pcap`];
      const commands = CLIENTS.filter(([client]) => client !== "gnutls-cli")
        .map(([, command]) => command);
      {
        await using _masscanned = await Masscanned.start(
          `${FOR_OURS} --events ${events} --pcap ${pcap}`,
        );
        for (const command of commands) await run(command);
      }
      const ours = (await Deno.readTextFile(events)).trim().split("\n")
        .map((line) => JSON.parse(line).tls?.client.ja3)
        .filter((ja3) => ja3 !== undefined);
      const theirs = await tshark(
        await Deno.readFile(pcap),
        ...["-Y", "tls.handshake.type == 1"],
        ...["-T", "fields", "-e", "tls.handshake.ja3"],
      );
      deepStrictEqual(ours.toSorted(), theirs.trim().split("\n").toSorted());
      deepStrictEqual(ours.length, commands.length);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
