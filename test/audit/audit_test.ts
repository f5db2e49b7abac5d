import { deepStrictEqual, match, ok } from "node:assert/strict";
import { loadAddressSet } from "../../src/address/list.ts";
import { audit, type AuditOptions, CRITERIA } from "../../src/audit/mod.ts";
import type { Finding } from "../../src/audit/finding.ts";
import { TCP_REQUESTS } from "../../src/audit/requests.ts";
import type { Suspect } from "../../src/audit/suspect.ts";
import { readPorts } from "../../src/cli/ports.ts";
import type { Persona } from "../../src/persona.ts";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { EVERY_PORT } from "../../src/ports.ts";
import { PROTOCOL_NAMES, speakOnly, spokenBy } from "../../src/proto/mod.ts";
import { ACK, SYN } from "../../src/wire/tcp.ts";

const SOME_PROTOCOLS = ["http", "ssh", "dns"];

/** What an operator may say. */
interface Configuration {
  readonly persona?: Persona;
  readonly ports?: string;
  readonly protocols?: readonly string[];
  readonly own?: string | undefined;
  readonly mac?: string;
  readonly cookieKey?: Uint8Array;
}

/** A server with few ports, unless it is said otherwise. */
function optionsOf(configuration: Configuration): AuditOptions {
  const { mac = "525400123456", ports = "tcp/22,80,udp/53" } = configuration;
  const { persona = linux } = configuration;
  const { own, protocols = SOME_PROTOCOLS } = {
    own: "192.0.2.10",
    ...configuration,
  };
  return {
    persona,
    ports: ports === "every" ? EVERY_PORT : readPorts(ports)!,
    protocols: speakOnly(protocols),
    spoken: spokenBy(protocols, persona),
    own: own === undefined ? undefined : loadAddressSet("--self-ip", [], [own]),
    amplificationLimit: 3,
    mac: Uint8Array.fromHex(mac),
    cookieKey: configuration.cookieKey,
  };
}

/** What can be changed, of what is found. */
function avoidable(configuration: Configuration): Finding[] {
  return audit(optionsOf(configuration))
    .filter(({ level }) => level !== "note");
}

const GOOD: readonly Configuration[] = [
  {},
  {
    protocols: ["http", "ssh", "smb", "rpc", "dns"],
    ports: "tcp/22,80,111,139,445",
  },
  { own: "192.0.2.10,192.0.2.64/31,2001:db8::10" },
  { own: "2001:db8::10" },
  { mac: "00163e123456" },
];

for (const configuration of GOOD) {
  Deno.test(`audit() finds nothing wrong with ${JSON.stringify(configuration)}`, () => {
    deepStrictEqual(avoidable(configuration), []);
  });
}

// One mistake each, and the only thing that must be found then.
const BAD: readonly [
  mistake: string,
  Configuration,
  Finding["level"],
  RegExp,
][] = [
  [
    "26 ports",
    { ports: "tcp/40000-40025", protocols: ["ssh"] },
    "medium",
    /^26 TCP ports/,
  ],
  [
    "51 ports",
    { ports: "tcp/40000-40050", protocols: ["ssh"] },
    "high",
    /^51 TCP.*Praetorian/,
  ],
  [
    "200 ports",
    { ports: "tcp/40000-40199", protocols: ["ssh"] },
    "high",
    /^200 TCP.*IVRE/,
  ],
  [
    "a page on six ports",
    { ports: "tcp/80-85" },
    "high",
    /^6 of the 6 ports .*same page/,
  ],
  [
    "a port of a service that is not spoken",
    { ports: "tcp/22,3306" },
    "medium",
    /3306 \(mysql\)/,
  ],
  [
    "UDP everywhere",
    { ports: "tcp/80,udp/1-65535" },
    "high",
    /^64 of 64 UDP ports answer dns/,
  ],
  ["no list", { own: undefined }, "high", /^every address/],
  [
    "five addresses",
    { own: "192.0.2.10-192.0.2.14" },
    "medium",
    /^5 addresses.*"server"/,
  ],
  [
    "a made up MAC",
    { mac: "020000000001" },
    "medium",
    /02:00:00:00:00:01.*locally administered/,
  ],
  ["the original's MAC", { mac: "c0ffeec0ffee" }, "medium", /original/],
  ["VRRP's MAC", { mac: "00005e000101" }, "medium", /virtual router/],
  ["a fixed key", { cookieKey: new Uint8Array(16) }, "high", /key .* is fixed/],
  ["malware", { protocols: ["http", "ssh", "gh0st"] }, "medium", /Gh0st/],
  [
    "no options",
    withTcp({ hasOptions: false }),
    "high",
    /degreaser|signature 4:64\+0:0:0:65535,0::df:0/,
  ],
  [
    "a TTL that no system has",
    withIp({ ttl: 200 }),
    "high",
    /signature 4:200\+0:0:1460:65160,7:/,
  ],
  [
    "Linux with the TTL of Windows",
    withIp({ ttl: 128 }),
    "high",
    /signature|SSH says Unix, the TTL .* Windows/,
  ],
  [
    "packets without numbers",
    withIp({ numbersPackets: false }),
    "medium",
    /identification 0/,
  ],
  [
    "Cowrie's SSH",
    withSsh("SSH-2.0-OpenSSH_6.0p1 Debian-4+deb7u2"),
    "high",
    /honeypot's default/,
  ],
  [
    "an SSH server that is none",
    withSsh("SSH-2.0-1"),
    "medium",
    /"SSH-2\.0-1" is no/,
  ],
  [
    "no key exchange",
    { persona: { ...linux, ssh: { ...linux.ssh, exchangesKeys: false } } },
    "medium",
    /no key exchange/,
  ],
];

for (const [mistake, configuration, level, what] of BAD) {
  Deno.test(`audit() finds ${mistake}, and nothing else`, () => {
    const findings = avoidable(configuration);
    ok(findings.length > 0);
    for (const finding of findings) match(finding.what, what);
    deepStrictEqual(findings[0]!.level, level);
  });
}

Deno.test("audit() finds everything wrong with every port and the classic persona", () => {
  const findings = audit(optionsOf({
    persona: classic,
    ports: "every",
    protocols: PROTOCOL_NAMES,
    own: undefined,
    mac: "c0ffeec0ffee",
  }));
  const levels = findings.map(({ level }) => level);
  deepStrictEqual(levels, levels.toSorted((a, b) => order(a) - order(b)));
  deepStrictEqual(levels.filter((level) => level === "high").length, 7);
  deepStrictEqual(levels.filter((level) => level === "medium").length, 4);
});

Deno.test("audit() notes what cannot be helped", () => {
  const notes = audit(optionsOf({})).map(({ what }) => what);
  deepStrictEqual(notes.length, 2);
  match(notes[0]!, /^port 22 speaks http, ssh, dns,/);
  match(notes[1]!, /SYN-ACK .* is not sent again/);
});

Deno.test("audit() notes that every handshake fails, where TLS is spoken", () => {
  const notes = (persona: Persona) =>
    audit(optionsOf({ persona, protocols: ["http", "tls"] }))
      .filter(({ what }) => /every TLS handshake fails/.test(what))
      .map(({ level }) => level);
  deepStrictEqual(notes(linux), ["note"]);
  deepStrictEqual(notes(classic), []);
  const idle = (persona: Persona) =>
    avoidable({ persona, ports: "tcp/80,443", protocols: ["http", "tls"] })
      .some(({ what }) => /not spoken: 443/.test(what));
  deepStrictEqual([idle(linux), idle(classic)], [false, true]);
});

Deno.test("every protocol that is asked for by name answers its request", () => {
  const names = Object.keys(TCP_REQUESTS);
  const [note] = audit(optionsOf({ ports: "tcp/40000", protocols: names }))
    .filter(({ what }) => /^port 40000 speaks/.test(what));
  match(note!.what, new RegExp(`speaks ${names.join(", ")},`));
});

// What no stack of ours does: criteria that must be able to find something.
const NEVER: readonly [criterion: string, suspect: unknown, what: RegExp][] = [
  ["TTL of all kinds of answers", {
    openPorts: [80],
    call: (port: number) => ({
      answer: { ttl: port === 80 ? 64 : 255 },
      say: () => [],
    }),
    ping: () => [],
    datagram: () => [],
  }, /TTLs 64, 255.*spoonmap/],
  ["whether data is acknowledged", {
    openPorts: [22, 80],
    call: (port: number) => ({ say: () => port === 80 ? [] : [{}] }),
  }, /^1 of 2 ports .*LZR/],
  ["clock of the timestamps", {
    openPorts: [80],
    call: () => {
      const synAck = { timestamp: 7 };
      return { synAck, again: () => ({ synAck }) };
    },
    wait: () => [],
  }, /go on by 0 in a second/],
];

for (const [name, suspect, what] of NEVER) {
  Deno.test(`the criterion "${name}" can be met`, () => {
    const criterion = CRITERIA.find((one) => one.name === name)!;
    match(criterion.examine(suspect as Suspect)!.what, what);
  });
}

Deno.test("a SYN-ACK that comes again is nothing to note", () => {
  const criterion = CRITERIA.find(({ name }) => /repetition/.test(name))!;
  const suspect = {
    openPorts: [80],
    call: () => ({}),
    wait: () => [{ segment: { flags: SYN | ACK } }],
  };
  deepStrictEqual(criterion.examine(suspect as unknown as Suspect), undefined);
});

function order(level: Finding["level"]): number {
  return ["high", "medium", "note"].indexOf(level);
}

function withTcp(tcp: Partial<Persona["tcp"]>): Configuration {
  return { persona: { ...linux, tcp: { ...linux.tcp, ...tcp } } };
}

function withIp(ip: Partial<Persona["ip"]>): Configuration {
  return { persona: { ...linux, ip: { ...linux.ip, ...ip } } };
}

function withSsh(identification: string): Configuration {
  return { persona: { ...linux, ssh: { ...linux.ssh, identification } } };
}
