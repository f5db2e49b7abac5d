import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import rcodes from "dns-packet/rcodes.js";
import { ECS_VERSION } from "../../src/sink/ecs.ts";
import { CAPTURES } from "../captures.ts";
import { complaintsAbout, SCHEMA_VERSION } from "../ecs_schema.ts";
import { SELF_MAC } from "../harness.ts";
import { decode, judged, tshark } from "../tshark.ts";
import { eventsOf, outputOf } from "./replayed.ts";
import type { Event } from "./rig.ts";

Deno.test("events name the version of the list that judges them", () => {
  strictEqual(ECS_VERSION, SCHEMA_VERSION);
});

for (const capture of CAPTURES) {
  Deno.test(`events of ${capture.name} are valid, numbered and printable`, () => {
    const { events, text } = eventsOf(capture);
    match(text, /^([ -~]+\n)*$/);
    for (const event of events) {
      deepStrictEqual(complaintsAbout(event, "masscanned"), []);
    }
    deepStrictEqual(
      events.map((it) => it.event.sequence),
      events.map((_, i) => i),
    );
    const isOurs = capture.name !== "misc/not_ours";
    const sources = events.filter((it) => it.event.action === "source_summary");
    strictEqual(sources.length > 0, isOurs);
  });

  judged(
    `events of ${capture.name} are named as tshark names the flows`,
    async () => {
      const { events } = eventsOf(capture);
      const packets = await decode(await Deno.readFile(capture.path));
      const ids = new Set(packets.map((packet) => packet.get("communityid")));
      for (const { network } of events) {
        if (network?.community_id === undefined) continue;
        ok(ids.has(network.community_id), network.community_id);
      }
    },
  );
}

judged("events count what tshark counts", async () => {
  for (const name of ["curl_get", "curl_post_large", "curl_get_ipv6"]) {
    const capture = CAPTURES.find((it) => it.name === `http/${name}`)!;
    const [event] = eventsOf(capture).events;
    const packets = (await decode(await Deno.readFile(capture.path)))
      .filter((it) =>
        it.get("tcp.stream") !== undefined && it.get("eth.src") !== SELF_MAC
      );
    const lengths = packets.map((it) => it.number("tcp.len"));
    const headers = event!.network.type === "ipv4" ? 0 : 40;
    // The second segment of the handshake's three leaves no trace in us.
    const [syn, ack, ...rest] = packets.map((it) =>
      headers + it.number(headers === 0 ? "ip.len" : "ipv6.plen")
    );
    strictEqual(event!.source.packets, packets.length - 1);
    strictEqual(event!.source.bytes, [syn!, ...rest].reduce((a, b) => a + b));
    ok(ack);
    strictEqual(
      event!.masscanned.payload_bytes.source,
      lengths.reduce((a, b) => a + b),
    );
  }
});

Deno.test("events of pipelined requests list every message", () => {
  const capture = CAPTURES.find(({ name }) => name === "http/pipelined")!;
  const [event] = eventsOf(capture).events;
  deepStrictEqual(
    event!.masscanned.messages.map((message: Event) => [
      message.http.request.method,
      message.url.original,
      message.answer_bytes > 0,
    ]),
    [["GET", "/one", true], ["POST", "/two", true], ["GET", "/three", true]],
  );
  strictEqual(event!.url.original, "/one");
});

/** Every message that events tell of. */
function messagesOf(events: readonly Event[]): Event[] {
  return events.flatMap(({ dns, masscanned }) =>
    masscanned.messages ?? [{ dns, ...masscanned }]
  );
}

function rcodeText(rcode: number): string {
  return rcode === 16 ? "BADVERS" : rcodes.toString(rcode); // RFC 6895 §2.3
}

for (const capture of CAPTURES.filter(({ name }) => /^(dns|smb)/.test(name))) {
  judged(
    `events of ${capture.name} tell the answers that tshark sees`,
    async () => {
      const messages = messagesOf(eventsOf(capture).events);
      const told = messages
        .map(({ dns, smb }) => smb?.status ?? dns?.response_code)
        .filter((status) => status !== undefined);
      const tree = await tshark(outputOf(capture, "-w"), "-V");
      const sent = tree.split("\nFrame ").flatMap((frame) => {
        const statuses = frame.match(/(?<=NT Status: )\w+/g) ?? [];
        const [rcode] = frame.match(/(?<=Reply code: .*\()\d+/) ?? [];
        const [higher] = frame.match(/(?<=extended RCODE: )0x\w+/) ?? ["0"];
        return rcode === undefined
          ? statuses
          : [rcodeText(Number(higher) << 4 | Number(rcode))];
      });
      ok(sent.length > 0);
      deepStrictEqual(told.toSorted(), sent.toSorted());
    },
  );
}

judged(
  "events have the first octets of the answer that tshark sees",
  async () => {
    for (const name of ["http/curl_get", "dns/dig_classic", "ssh/openssh"]) {
      const capture = CAPTURES.find((it) => it.name === name)!;
      const { events } = eventsOf(capture);
      const [octets] = events
        .map(({ masscanned }) => masscanned.answer?.base64)
        .filter((base64) => base64 !== undefined)
        .map((base64) => Uint8Array.fromBase64(base64));
      const payloads = await tshark(
        outputOf(capture, "-w"),
        ...["-T", "fields", "-e", "tcp.payload", "-e", "udp.payload"],
      );
      const [payload] = payloads.split("\n").map((line) => line.trim())
        .filter((line) => line !== "");
      ok(octets!.length > 0);
      strictEqual(octets!.toHex(), payload!.slice(0, 2 * 256));
    }
  },
);

// NT hash of "secret", the password in scripts/record.sh.
const NT_HASH = "878d8014606cda29677a44efa1353fc7";

Deno.test("events of smb/smbclient have a login that its password opens", () => {
  const capture = CAPTURES.find(({ name }) => name === "smb/smbclient")!;
  const [login] = eventsOf(capture).events
    .map(({ masscanned }) => masscanned.ntlm?.netntlm)
    .filter((line) => line !== undefined);
  const [user, , domain, challenge, proof, rest] = login.split(":");
  // [MS-NLMP] §3.3.2
  const hmac = (key: string, data: Uint8Array): string =>
    createHmac("md5", Buffer.from(key, "hex")).update(data).digest("hex");
  const name = Buffer.from(user.toUpperCase() + domain, "utf16le");
  const response = Buffer.from(challenge + rest, "hex");
  strictEqual(hmac(hmac(NT_HASH, name), response), proof);
});
