import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { SCANNERS } from "../../src/scanner/mod.ts";
import { Recogniser } from "../../src/scanner/recogniser.ts";
import { CAPTURES } from "../captures.ts";
import { Dice, sightingsIn, sightingsOf, synOf } from "./packets.ts";

const PCAP = new URL("../pcap/scanner/", import.meta.url);

// Who sent a capture, by the beginning of its name; how sure we are in the end;
// and how many of the packets give him away.
const SENDERS: readonly (readonly [
  name: string,
  recognised: string,
  packets: number,
])[] = [
  ["ffuf", "", 0], // a system's own packets; what they say is below
  ["gobuster", "", 0],
  ["hping_3", "hping medium", 5],
  ["hydra", "", 0],
  ["masscan_1.3.2_http", "masscan high", 1],
  ["masscan_1.3.2_ping", "masscan medium", 1],
  ["masscan_1.3.2_syn", "masscan high", 4],
  ["masscan_1.3.2_syn_ipv6", "masscan medium", 2],
  ["masscan_1.3.2_syn_ttl", "masscan high", 1], // the second of two
  ["masscan_1.3.2_udp", "masscan high", 3],
  ["nmap_7.93_ack", "nmap high", 4],
  ["nmap_7.93_connect", "", 0],
  ["nmap_7.93_discovery", "nmap high", 2],
  ["nmap_7.93_fin", "nmap medium", 4],
  ["nmap_7.93_null", "nmap medium", 4],
  ["nmap_7.93_os", "nmap high", 38],
  ["nmap_7.93_scripts", "", 0],
  ["nmap_7.93_syn", "nmap high", 6],
  ["nmap_7.93_syn_ipv6", "nmap high", 2],
  ["nmap_7.93_udp", "nmap high", 7],
  ["nmap_7.93_version", "", 0],
  ["nmap_7.93_xmas", "nmap medium", 4],
  ["nmap_7.991_ack", "nmap high", 4],
  ["nmap_7.991_connect", "", 0],
  ["nmap_7.991_discovery", "nmap high", 2],
  ["nmap_7.991_fin", "nmap medium", 4],
  ["nmap_7.991_null", "nmap medium", 4],
  ["nmap_7.991_os", "nmap high", 38],
  ["nmap_7.991_scripts", "", 0],
  ["nmap_7.991_syn", "nmap high", 6],
  ["nmap_7.991_syn_ipv6", "nmap high", 2],
  ["nmap_7.991_udp", "nmap high", 7],
  ["nmap_7.991_version", "", 0],
  ["nmap_7.991_xmas", "nmap medium", 4],
  ["nobody_dig", "", 0],
  ["nobody_ssh", "", 0],
  ["scapy_2.5.0", "Scapy high", 2],
  ["sqlmap", "", 0],
  ["whatweb", "", 0],
  ["zmap_2.1.1_ping", "ZMap high", 2],
  ["zmap_2.1.1_ping_time", "ZMap high", 2],
  ["zmap_2.1.1_syn", "ZMap high", 2],
  ["zmap_2.1.1_udp", "ZMap high", 2],
  ["zmap_4.3.4_ping", "ZMap medium", 2],
  ["zmap_4.3.4_ping_time", "ZMap high", 2],
  ["zmap_4.3.4_syn", "ZMap medium", 2],
  ["zmap_4.3.4_syn_bsd", "ZMap high", 2],
  ["zmap_4.3.4_syn_linux", "ZMap high", 2],
  ["zmap_4.3.4_syn_small", "", 0], // as some small device might send it
  ["zmap_4.3.4_udp", "", 0],
];

Deno.test("Recogniser.see() knows the sender of every capture", () => {
  const seen = [...Deno.readDirSync(PCAP)].map(({ name }) => {
    const recogniser = new Recogniser(SCANNERS);
    const sources = new Map<string, Uint8Array>();
    let packets = 0;
    for (const { src, octets, time } of sightingsIn(new URL(name, PCAP))) {
      if (recogniser.see(src, octets, time) !== undefined) packets++;
      sources.set(src.toHex(), src);
    }
    const recognised = [...sources.values()]
      .flatMap((src) => recogniser.about(src))
      .map(({ confidence, name }) => `${name} ${confidence}`);
    return [name.replace(".pcap", ""), recognised.join(), packets] as const;
  });
  deepStrictEqual(seen.sort(), SENDERS);
});

Deno.test("Recogniser.see() names nobody for the clients of other captures", () => {
  const named = CAPTURES.filter(({ requests }) => {
    const recogniser = new Recogniser(SCANNERS);
    return sightingsOf(requests)
      .some(({ src, octets, time }) => recogniser.see(src, octets, time));
  }).map(({ name }) => name);
  const byNmap = ["tcp/syn_scan", "tcp/syn_scan_classic"];
  const others = named.filter((name) => !name.includes("/nmap_"));
  deepStrictEqual(others, byNmap);
});

const SRC = Uint8Array.of(198, 51, 100, 1);
const DST = 0xc000020a | 0;
const NOW = Date.UTC(2026, 0, 1);
const PLAIN = {
  id: 7,
  ttl: 60,
  df: false,
  src: 0xc6336401 | 0,
  dst: DST,
  srcPort: 40_000,
  dstPort: 23,
  seq: 0x12345678,
  window: 29_200,
  options: new Uint8Array(0),
};

Deno.test("Recogniser.see() knows Mirai by its sequence number", () => {
  const recogniser = new Recogniser(SCANNERS);
  const recognition = recogniser.see(SRC, synOf({ ...PLAIN, seq: DST }), NOW);
  strictEqual(recognition?.name, "Mirai");
  strictEqual(recognition.confidence, "high");
  strictEqual(recognition.bits, 32);
});

// As `TCPHASHTRACK` makes them on a little-endian machine, the usual one.
Deno.test("Recogniser.see() knows unicornscan by two SYNs with one key", () => {
  const recogniser = new Recogniser(SCANNERS);
  const key = 0x5eed1234;
  const swapped = 0x0a0200c0;
  const names = [22, 80, 443].map((dstPort, i) => {
    const srcPort = 30_000 + 17 * i;
    const seq = key ^ swapped ^ (dstPort << 16 | srcPort);
    const syn = synOf({ ...PLAIN, srcPort, dstPort, seq });
    return recogniser.see(SRC, syn, NOW)?.name;
  });
  deepStrictEqual(names, [undefined, "unicornscan", "unicornscan"]);
});

Deno.test("Recogniser.see() makes nothing of a SYN that is sent again", () => {
  const recogniser = new Recogniser(SCANNERS);
  const syn = synOf(PLAIN);
  recogniser.see(SRC, syn, NOW);
  strictEqual(recogniser.see(SRC, syn, NOW + 1000), undefined);
});

Deno.test("Recogniser.see() is not sure of nmap until it repeats itself", () => {
  const recogniser = new Recogniser(SCANNERS);
  const scan = {
    ...PLAIN,
    ttl: 50,
    window: 1024,
    options: Uint8Array.fromHex("020405b4"),
  };
  const see = (dstPort: number, seq: number): string | undefined =>
    recogniser.see(SRC, synOf({ ...scan, dstPort, seq }), NOW)?.confidence;
  strictEqual(see(22, 0x1234_5678), "medium");
  strictEqual(see(23, 0x1234_5679), "medium"); // another number
  strictEqual(see(24, 0x1237_567a), "high"); // the same, tried a third time
});

Deno.test("Recogniser.see() ignores what is cut off, or is noise", () => {
  const recogniser = new Recogniser(SCANNERS);
  for (const { requests } of CAPTURES) {
    for (const { octets } of sightingsOf(requests)) {
      for (let end = 0; end < octets.length; end++) {
        recogniser.see(SRC, octets.slice(0, end), NOW);
      }
    }
  }
  const dice = new Dice();
  for (let i = 0; i < 100_000; i++) {
    const octets = Uint8Array.from(
      { length: dice.below(129) },
      () => dice.below(256),
    );
    octets[0]! &= 0x6f; // of either version, or none
    octets[9]! &= 0x17;
    recogniser.see(SRC, octets, NOW);
  }
});

Deno.test("Recogniser.takeNews() tells each thing once, and again when sure", () => {
  const recogniser = new Recogniser(SCANNERS);
  const scan = {
    ...PLAIN,
    ttl: 50,
    window: 1024,
    options: Uint8Array.fromHex("020405b4"),
  };
  const news = (dstPort: number): string[] => {
    recogniser.see(SRC, synOf({ ...scan, dstPort }), NOW);
    return recogniser.takeNews(SRC)
      .map(({ confidence, name }) => `${name} ${confidence}`);
  };
  deepStrictEqual(news(22), ["nmap medium"]);
  deepStrictEqual(news(23), ["nmap high"]);
  deepStrictEqual(news(24), []);
});

Deno.test("Recogniser forgets whom it has not heard from for longest", () => {
  const recogniser = new Recogniser(SCANNERS, 2);
  const mirai = synOf({ ...PLAIN, seq: DST });
  const [first, second, third] = [1, 2, 3].map((i) =>
    Uint8Array.of(10, 0, 0, i)
  );
  recogniser.see(first!, mirai, NOW);
  recogniser.see(second!, mirai, NOW);
  recogniser.see(first!, mirai, NOW);
  recogniser.see(third!, mirai, NOW);
  strictEqual(recogniser.size, 2);
  const known = [first!, second!, third!].map((src) =>
    recogniser.about(src).map(({ name }) => name)
  );
  deepStrictEqual(known, [["Mirai"], [], ["Mirai"]]);
});

Deno.test("Recogniser.hear() knows those who say who they are", () => {
  const recogniser = new Recogniser(SCANNERS);
  const hear = (agent: string): string | undefined =>
    recogniser.hear(SRC, "user_agent.original", agent)?.name;
  // modules/http/scanner.go of zgrab2; about.censys.io
  strictEqual(hear("Mozilla/5.0 zgrab/0.x"), "ZGrab");
  const censys = "CensysInspect/1.1; +https://about.censys.io/";
  strictEqual(hear(`Mozilla/5.0 (compatible; ${censys})`), "Censys");
  // as nmap 7.93 says in nmap_7.93_scripts
  const engine = "Nmap Scripting Engine; https://nmap.org/book/nse.html";
  strictEqual(hear(`Mozilla/5.0 (compatible; ${engine})`), "nmap");
  const ssh = recogniser
    .hear(SRC, "ssh.client.software", "Nmap-SSH2-Hostkey");
  strictEqual(ssh?.name, "nmap");
  strictEqual(hear("curl/7.88.1"), undefined);
  strictEqual(recogniser.hear(SRC, "url.original", "zgrab/"), undefined);
});
