import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { type Command, parseCommand, type RunCommand } from "../src/cli.ts";
import { classic } from "../src/persona/classic.ts";
import { linux } from "../src/persona/linux.ts";
import { EVERY_PORT, portSet } from "../src/ports.ts";
import { PROTOCOL_NAMES } from "../src/proto/mod.ts";
import { print } from "./cli/print.ts";

const DEFAULTS = {
  selfIpFiles: [],
  selfIpLists: [],
  denyFiles: [],
  denyLists: [],
  publicIps: [],
  mac: undefined,
  persona: linux,
  ports: EVERY_PORT,
  protocols: PROTOCOL_NAMES,
  amplificationLimit: 3,
  format: undefined,
  events: undefined,
  zeek: undefined,
  ivre: undefined,
  verbosity: 0,
  quiet: false,
  config: undefined,
  cookieKey: undefined,
} as const;
const RUN: RunCommand = {
  command: "run",
  ifaces: ["eth0"],
  probe: false,
  user: undefined,
  workers: 1,
  pcap: undefined,
  metrics: undefined,
  ...DEFAULTS,
};
const KEY = "000102030405060708090a0b0c0d0e0F";

// Arguments → command.
const COMMANDS: readonly [args: string, command: Command][] = [
  ["-i eth0", RUN],
  ["--iface eth0", RUN],
  ["--iface=eth0", RUN],
  ["-i 123456789012345", { ...RUN, ifaces: ["123456789012345"] }],
  ["-i b -i a --iface b", { ...RUN, ifaces: ["b", "a"] }],
  ["-i eth0 -i eth0", RUN],
  ["-i eth0 --user masscanned", { ...RUN, user: "masscanned" }],
  ["-i eth0 --probe", { ...RUN, probe: true }],
  ["-i eth0 --workers 4", { ...RUN, workers: 4 }],
  ["-i eth0 --metrics 127.0.0.1:9100", {
    ...RUN,
    metrics: { hostname: "127.0.0.1", port: 9100 },
  }],
  ["-i eth0 --metrics [::1]:65535", {
    ...RUN,
    metrics: { hostname: "::1", port: 65_535 },
  }],
  ["-i eth0 --pcap a", {
    ...RUN,
    pcap: {
      path: "a",
      limits: { fileLen: 104_857_600, fileTime: 86_400_000, files: 10 },
    },
  }],
  ["-i eth0 --pcap - --pcap-size 2g --pcap-time 15m --pcap-files 1", {
    ...RUN,
    pcap: {
      path: "-",
      limits: { fileLen: 2_147_483_648, fileTime: 900_000, files: 1 },
    },
  }],
  [
    "-f a -i eth0 --self-ip-file b --ip-addr-file=c --self-ip-list d,e --self-ip-list f",
    { ...RUN, selfIpFiles: ["a", "b", "c"], selfIpLists: ["d,e", "f"] },
  ],
  [
    "-i eth0 --remote-ip-deny-file a --remote-ip-deny-list b --remote-ip-deny-file c",
    { ...RUN, denyFiles: ["a", "c"], denyLists: ["b"] },
  ],
  ["-i eth0 --public-ip a=b,c=d --public-ip e=f", {
    ...RUN,
    publicIps: ["a=b,c=d", "e=f"],
  }],
  ["-i eth0 -m 0:1:2:3:4:5", { ...RUN, mac: Uint8Array.of(0, 1, 2, 3, 4, 5) }],
  ["-i eth0 -a 52:1C:4e:c2:a4:1f", {
    ...RUN,
    mac: Uint8Array.of(0x52, 0x1c, 0x4e, 0xc2, 0xa4, 0x1f),
  }],
  ["-i eth0 --mac-addr 0:0:0:0:0:1", {
    ...RUN,
    mac: Uint8Array.of(0, 0, 0, 0, 0, 1),
  }],
  ["-i eth0 --persona linux", RUN],
  ["-i eth0 --persona classic", { ...RUN, persona: classic }],
  ["-i eth0 --ports tcp/22,80,8000-8002,udp/53", {
    ...RUN,
    ports: {
      tcp: portSet([[22, 22], [80, 80], [8000, 8002]]),
      udp: portSet([[53, 53]]),
    },
  }],
  ["-i eth0 --ports 0-1,UDP/65535 --ports tcp/7", {
    ...RUN,
    ports: {
      tcp: portSet([[0, 1], [7, 7]]),
      udp: portSet([[0, 1], [65535, 65535]]),
    },
  }],
  ["-i eth0 --protocols HTTP,ssh --protocols dns", {
    ...RUN,
    protocols: ["http", "ssh", "dns"],
  }],
  ["-i eth0 --no-protocols gh0st,smb,rpc,dns,stun", {
    ...RUN,
    protocols: PROTOCOL_NAMES.filter((name) =>
      !["gh0st", "smb", "rpc", "dns", "stun"].includes(name)
    ),
  }],
  ["-i eth0 --protocols ssh,http --no-protocols http", {
    ...RUN,
    protocols: ["ssh"],
  }],
  ["-i eth0 --amplification-limit 1", { ...RUN, amplificationLimit: 1 }],
  ["-i eth0 --amplification-limit 1.5", { ...RUN, amplificationLimit: 1.5 }],
  [
    "-i eth0 --amplification-limit off",
    { ...RUN, amplificationLimit: Infinity },
  ],
  ["-i eth0 --format console", { ...RUN, format: "console" }],
  ["-i eth0 --format logfmt", { ...RUN, format: "logfmt" }],
  ["-i eth0 --ivre recon.log", { ...RUN, ivre: "recon.log" }],
  ["-i eth0 --zeek logs", { ...RUN, zeek: { folder: "logs", format: "tsv" } }],
  ["-i eth0 --zeek logs --zeek-format json", {
    ...RUN,
    zeek: { folder: "logs", format: "json" },
  }],
  ["-i eth0 --format json", { ...RUN, format: "json" }],
  ["-v -i eth0 -v", { ...RUN, verbosity: 2 }],
  ["-i eth0 -vvv", { ...RUN, verbosity: 3 }],
  ["-i eth0 -q", { ...RUN, quiet: true }],
  ["-i eth0 --quiet -v", { ...RUN, quiet: true, verbosity: 1 }],
  [`-i eth0 --cookie-key ${KEY}`, {
    ...RUN,
    cookieKey: Uint8Array.from({ length: 16 }, (_, i) => i),
  }],
  ["self-audit -i eth0", { ...RUN, command: "self-audit" }],
  ["self-audit -i eth0 --persona classic --metrics [::1]:9", {
    ...RUN,
    command: "self-audit",
    persona: classic,
    metrics: { hostname: "::1", port: 9 },
  }],
  ["replay in.pcap", {
    command: "replay",
    input: "in.pcap",
    output: undefined,
    ...DEFAULTS,
  }],
  [`replay -w out.pcap in.pcap -f a -vq --cookie-key ${KEY}`, {
    command: "replay",
    input: "in.pcap",
    output: "out.pcap",
    ...DEFAULTS,
    selfIpFiles: ["a"],
    verbosity: 1,
    quiet: true,
    cookieKey: Uint8Array.from({ length: 16 }, (_, i) => i),
  }],
  ["share status", { command: "share", action: "status" }],
  ["share down", { command: "share", action: "down", dryRun: false }],
  ["share down -n", { command: "share", action: "down", dryRun: true }],
  ["share up -i eth0 -a 192.0.2.1", {
    command: "share",
    action: "up",
    iface: "eth0",
    addresses: ["192.0.2.1"],
    keep: [],
    force: false,
    dryRun: false,
  }],
  [
    "share up --interface eth0 --address 192.0.2.1,2001:DB8:0::1 --keep tcp/22,udp/60000-61000 --address 192.0.2.2 -a 192.0.2.1 -k tcp/443 --force --dry-run",
    {
      command: "share",
      action: "up",
      iface: "eth0",
      addresses: ["192.0.2.1", "2001:db8::1", "192.0.2.2"],
      keep: [
        { transport: "tcp", first: 22, last: 22 },
        { transport: "udp", first: 60000, last: 61000 },
        { transport: "tcp", first: 443, last: 443 },
      ],
      force: true,
      dryRun: true,
    },
  ],
];

for (const [args, command] of COMMANDS) {
  Deno.test(`parseCommand() understands "${args}"`, () => {
    deepStrictEqual(parseCommand(args.split(" ")), command);
  });
}

// Arguments → what the one line says.
const ERRORS: readonly [args: string, says: RegExp][] = [
  ["", /Missing option `-i`\/`--iface`, or iface in the file/],
  ["-f a", /Missing option `-i`\/`--iface`/],
  ["-i", /`-i` requires `NAME`/],
  ["-i eth0 --workers 0", /`--workers`/],
  ["-i eth0 --workers 65", /`--workers`/],
  ["-i eth0 --metrics 9100", /an IP address and a port/],
  ["-i eth0 --metrics :9100", /an IP address and a port/],
  ["-i eth0 --metrics localhost:9100", /an IP address and a port/],
  ["-i eth0 --metrics 127.0.0.1:0", /an IP address and a port/],
  ["-i eth0 --metrics 127.0.0.1:65536", /an IP address and a port/],
  ["-i eth0 --metrics ::1:9100", /an IP address and a port/],
  ["-i eth0 --metrics 1.2.3:9100", /an IP address and a port/],
  ["-i eth0 --pcap-size 1G", /Missing option `--pcap`/],
  ["-i eth0 --pcap a --pcap-size 5", /a size such as 100M or 2G, but got "5"/],
  ["-i eth0 --pcap a --pcap-time 5", /a time such as 90s, 15m/],
  ["-i eth0 --pcap a --pcap-files 0", /`--pcap-files`/],
  ["--iface=", /1 to 15 octets/],
  ["-i 1234567890123456", /1 to 15 octets, but got "1234567890123456"/],
  ["-i éééééééé", /1 to 15 octets/],
  ["-i eth0 --nonsense", /`--nonsense`/],
  ["-i eth0 nonsense", /`nonsense`/],
  ["-i eth0 -w out.pcap", /`-w`/],
  ["-i eth0 --self-ip-file=", /`--self-ip-file`.*must not be empty/],
  ["-i eth0 --public-ip=", /`--public-ip`.*must not be empty/],
  ["-i eth0 --self-ip-list=", /`--self-ip-list`.*must not be empty/],
  ["-i eth0 --remote-ip-deny-list=", /must not be empty/],
  ["-i eth0 --persona nobody", /`--persona`.*"linux" and "classic"/],
  ["-i eth0 --persona toString", /`--persona`.*"linux" and "classic"/],
  ["-i eth0 --ports=", /`--ports`.*such as tcp\/22,80/],
  ["-i eth0 --ports 65536", /ports of 0 to 65535/],
  ["-i eth0 --ports 9-8", /ports of 0 to 65535/],
  ["-i eth0 --ports 80,", /ports of 0 to 65535/],
  ["-i eth0 --ports sctp/80", /ports of 0 to 65535/],
  ["-i eth0 --ports tcp/http", /ports of 0 to 65535/],
  ["-i eth0 --protocols http,htp", /one or more of http, ssh, .*"http,htp"/],
  ["-i eth0 --no-protocols=", /one or more of http, ssh/],
  ["-i eth0 --amplification-limit 0", /a number from 1 on, or off/],
  ["-i eth0 --amplification-limit 0.9", /a number from 1 on, or off/],
  ["-i eth0 --amplification-limit -1", /a number from 1 on, or off/],
  ["-i eth0 --amplification-limit 1e9", /a number from 1 on, or off/],
  ["-i eth0 --amplification-limit Infinity", /a number from 1 on, or off/],
  ["-i eth0 --amplification-limit no", /a number from 1 on, or off/],
  ["-i eth0 --format xml", /`--format`.*"console", "logfmt", and "json"/],
  ["-i eth0 -q -q", /`-q` cannot be used multiple times/],
  ["-i eth0 -m 0:0:0:0:0:1 -a 0:0:0:0:0:1", /cannot be used multiple times/],
  ["-i eth0 -m 00:00:00:00:00:00", /`--mac-addr`.*address of one station/],
  ["-i eth0 -m ff:ff:ff:ff:ff:ff", /address of one station/],
  ["-i eth0 -m 01:00:5e:00:00:01", /address of one station/],
  ["-i eth0 -m 52:54:00:12:34", /address of one station/],
  ["-i eth0 -m 52:54:00:12:34:56:78", /address of one station/],
  ["-i eth0 -m 52:54:00:12:34:5g", /address of one station/],
  ["-i eth0 -m 52-54-00-12-34-56", /address of one station/],
  ["-i eth0 -m 525400123456", /address of one station/],
  ["-i eth0 -m 52:54:00:12:34:056", /address of one station/],
  [`-i eth0 --cookie-key ${KEY}0`, /32 hexadecimal digits/],
  ["-i eth0 --cookie-key 0x", /32 hexadecimal digits/],
  ["share", /share up, status or down/],
  ["share up", /`--interface`/],
  ["share up -i eth0", /`--address`/],
  ["share up -i eth0 -a 192.0.2", /addresses, separated by commas/],
  ["share up -i eth0 -a 192.0.2.0/24", /addresses, separated by commas/],
  ["share up -i eth0 -a fe80::1%eth0", /addresses, separated by commas/],
  ["share up -i eth0 -a 192.0.2.1,", /addresses, separated by commas/],
  ["share up -i eth0 -a 192.0.2.1 -k ssh", /ports such as tcp\/22/],
  ["share up -i eth0 -a 192.0.2.1 -k tcp/65536", /ports such as tcp\/22/],
  ["share up -i eth0 -a 192.0.2.1 -k tcp/3-2", /ports such as tcp\/22/],
  ["share up -i eth0 -a 192.0.2.1 -k sctp/3", /ports such as tcp\/22/],
  ["share down -i eth0", /"-i"/],
  ["replay", /`IN.pcap`/],
  ["replay a.pcap b.pcap", /`b.pcap`/],
  ["replay a.pcap -i eth0", /"-i" "eth0"/],
  ["-i eth0 --evnts a", /`--evnts`. Did you mean `--events`\?$/],
  ["-i eth0 --event=a", /`--event=a`. Did you mean `--events`\?$/],
  ["replay a --evnts b", /`--evnts`. Did you mean `--events`\?$/],
  ["self-audit --personna b", /Did you mean `--persona`\?$/],
  ["-i eth0 --zzzzzzzz", /`--zzzzzzzz`.$/],
  ["reply a.pcap", /`reply`.*Did you mean `replay`/],
  ["completion csh", /"csh".*"bash", "fish", "nu", "pwsh", "zsh"/],
];

for (const [args, says] of ERRORS) {
  Deno.test(`parseCommand() refuses "${args}"`, () => {
    const { text, status } = print(args.split(" ").filter((arg) => arg !== ""));
    const [line, ...hint] = text.split("\n");
    match(line!, says);
    match(line!, /^masscanned: /);
    deepStrictEqual(hint, ["Try: masscanned --help", ""]);
    strictEqual(status, 2);
  });
}

Deno.test("parseCommand() refuses or understands anything in one line", () => {
  const word = fc.oneof(
    fc.constantFrom("-i", "eth0", "replay", "-m", "--", "-", "=", "-v", "-f"),
    fc.string({ unit: "binary" }),
  );
  fc.assert(fc.property(fc.array(word), (args) => {
    const command = parseCommand(args);
    if (command.command === "print" && command.status !== 0) {
      strictEqual(command.text.split("\n").length, 3);
    }
  }));
});
