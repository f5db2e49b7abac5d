import {
  deepStrictEqual,
  doesNotMatch,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import type { Host } from "../../src/share/host.ts";
import type { ShareOptions } from "../../src/share/options.ts";
import { planDown, planUp } from "../../src/share/plan.ts";
import { shellText } from "../../src/share/step.ts";
import { host, link, settings } from "./host.ts";

const OPTIONS: ShareOptions = {
  iface: "eth0",
  addresses: ["192.0.2.1"],
  keep: [{ transport: "tcp", first: 22, last: 22 }],
  force: false,
};
const FORWARDING_6 = "net/ipv6/conf/all/forwarding";

/** Commands of a plan. */
function up(options: Partial<ShareOptions> = {}, on: Host = host()): string[] {
  return planUp({ ...OPTIONS, ...options }, on).map(shellText);
}

/** A host on which the plan was carried out as far as its cable. */
function sharing(alias: string, more: Partial<Host> = {}): Host {
  const { links } = host();
  const cable = link("to_masscanned", { kind: "veth", alias });
  return host({ ...more, links: [...links, cable, link("masscanned")] });
}

Deno.test("planUp() is the guide's recipe, with the doors shut behind it", () => {
  const commands = up();
  deepStrictEqual(commands.slice(0, -1), [
    "ip link add to_masscanned mtu 1400 gso_max_segs 1 " +
    "type veth peer name masscanned mtu 1400",
    "ip link set to_masscanned alias " +
    "'masscanned share net/ipv4/conf/eth0/forwarding=0'",
    "ip link set to_masscanned addrgenmode none",
    "sysctl -w net.ipv6.conf.masscanned.disable_ipv6=1",
    "ip link set masscanned up",
    "ip link set to_masscanned up",
    "ip address replace 0.255.0.0/31 dev to_masscanned",
    "sysctl -w net.ipv4.conf.to_masscanned.forwarding=1",
    "sysctl -w net.ipv4.conf.eth0.forwarding=1",
  ]);
  const rules = commands.at(-1)!;
  match(rules, /^nft -f - <<'END'\n/);
  match(rules, /tcp dport \{ 22 \} accept/);
  match(rules, /dnat ip to ip daddr map \{ 192\.0\.2\.1 : 0\.255\.0\.1 \}/);
  match(rules, /iifname "eth0" meta nfproto ipv4 drop/);
  doesNotMatch(rules, /ipv6|ip6|udp/);
});

Deno.test("planUp() gives each address one of its own behind the cable", () => {
  const commands = up({ addresses: ["2001:db8::1", "192.0.2.2", "192.0.2.1"] });
  ok(commands.includes("ip route replace 0.255.0.2 dev to_masscanned"));
  match(
    commands.at(-1)!,
    /\{ 192\.0\.2\.2 : 0\.255\.0\.1, 192\.0\.2\.1 : 0\.255\.0\.2 \}/,
  );
  match(commands.at(-1)!, /\{ 2001:db8::1 : fd6d:6173:7363::1 \}/);
});

Deno.test("planUp() leaves IPv6 alone on a kernel without it", () => {
  const only4 = new Map(
    [...settings({})].filter(([key]) => key.startsWith("net/ipv4/")),
  );
  doesNotMatch(
    up({}, host({ settings: only4 })).join("\n"),
    /ipv6|addrgenmode/,
  );
});

Deno.test("planUp() keeps what was learned from router advertisements", () => {
  const learning = new Set(["eth0"]);
  const commands = up({ addresses: ["2001:db8::1"] }, host({ learning }));
  const [believe, forward] = [
    commands.indexOf("sysctl -w net.ipv6.conf.eth0.accept_ra=2"),
    commands.indexOf("sysctl -w net.ipv6.conf.all.forwarding=1"),
  ];
  ok(believe > 0 && believe < forward, commands.join("\n"));
  match(
    commands[1]!,
    /net\/ipv6\/conf\/all\/forwarding=0 net\/ipv6\/conf\/eth0\/accept_ra=1'$/,
  );
});

Deno.test("planUp() changes nothing on a router, nor guards it", () => {
  const commands = up(
    { addresses: ["192.0.2.1", "2001:db8::1"] },
    host({
      settings: settings({
        "net/ipv4/conf/all/forwarding": "1",
        "net/ipv4/conf/eth0/forwarding": "1",
        [FORWARDING_6]: "1",
      }),
    }),
  );
  strictEqual(
    commands[1],
    "ip link set to_masscanned alias 'masscanned share'",
  );
  doesNotMatch(commands.join("\n"), /all\.forwarding|eth0\.forwarding|nfproto/);
});

Deno.test("planUp() on a host that shares remembers how it was at first", () => {
  const alias = "masscanned share net/ipv4/conf/eth0/forwarding=0";
  const commands = up(
    { addresses: ["192.0.2.1", "2001:db8::1"] },
    sharing(alias, {
      settings: settings({ "net/ipv4/conf/eth0/forwarding": "1" }),
    }),
  );
  strictEqual(
    commands[0],
    "ip link set to_masscanned alias 'masscanned share " +
      "net/ipv6/conf/all/forwarding=0 net/ipv4/conf/eth0/forwarding=0'",
  );
  match(commands.at(-1)!, /iifname "eth0" meta nfproto ipv4 drop/);
});

Deno.test("planUp() puts back what is no longer needed, and forgets it then", () => {
  const alias = "masscanned share net/ipv6/conf/all/forwarding=0 " +
    "net/ipv4/conf/eth0/forwarding=0 net/ipv6/conf/eth0/accept_ra=1";
  const commands = up(
    {},
    sharing(alias, {
      settings: settings({
        "net/ipv4/conf/eth0/forwarding": "1",
        "net/ipv6/conf/eth0/accept_ra": "2",
        [FORWARDING_6]: "1",
      }),
    }),
  );
  strictEqual(commands[0], `ip link set to_masscanned alias '${alias}'`);
  deepStrictEqual(commands.slice(-3), [
    "sysctl -w net.ipv6.conf.all.forwarding=0",
    "sysctl -w net.ipv6.conf.eth0.accept_ra=1",
    "ip link set to_masscanned alias " +
    "'masscanned share net/ipv4/conf/eth0/forwarding=0'",
  ]);
  match(commands.at(-4)!, /^nft /);
});

// What iptables-save prints → which back end is right.
const BACK_ENDS: readonly [saved: string, backEnd: RegExp][] = [
  ["", /^nft /],
  ["*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT", /^nft /],
  ["*filter\n:FORWARD DROP [0:0]\nCOMMIT", /^iptables-restore /],
  ["*nat\n-A PREROUTING -j DOCKER\nCOMMIT", /^iptables-restore /],
  ["*nat\n:MASSCANNED - [0:0]\n-A PREROUTING -j MASSCANNED\nCOMMIT", /^nft /],
];

for (const [saved, backEnd] of BACK_ENDS) {
  Deno.test(`planUp() chooses ${backEnd} for ${JSON.stringify(saved)}`, () => {
    const lines = new Map([["iptables", saved.split("\n")]] as const);
    const rules = up({}, host({ saved: lines })).find((command) =>
      command.includes("<<")
    )!;
    match(rules, backEnd);
  });
}

Deno.test("planUp() replaces its own jumps, and no other rule", () => {
  const saved = new Map(
    [["iptables", [
      "*nat",
      ":MASSCANNED - [0:0]",
      '-A PREROUTING -i eth1 -m comment --comment "masscanned share" -j MASSCANNED',
      "-A PREROUTING -j DOCKER",
      "COMMIT",
    ]]] as const,
  );
  const rules = up({}, host({ saved, chains: undefined })).at(-1)!;
  deepStrictEqual(rules.match(/^-[DI] .*$/gm), [
    '-D PREROUTING -i eth1 -m comment --comment "masscanned share" -j MASSCANNED',
    '-I PREROUTING 1 -i eth0 -m comment --comment "masscanned share" -j MASSCANNED',
    '-I FORWARD 1 -m comment --comment "masscanned share" -j MASSCANNED',
  ]);
});

Deno.test("planDown() undoes rules first and the cable last", () => {
  const down = planDown(
    sharing(
      "masscanned share net/ipv6/conf/all/forwarding=0 " +
        "net/ipv6/conf/eth0/forwarding=1 net/ipv4/conf/eth0/forwarding=0 " +
        "net/ipv6/conf/eth0/accept_ra=1 net/ipv6/conf/gone0/accept_ra=1",
      {
        settings: settings({
          "net/ipv4/conf/eth0/forwarding": "1",
          "net/ipv6/conf/eth0/forwarding": "1",
          "net/ipv6/conf/eth0/accept_ra": "2",
          [FORWARDING_6]: "1",
        }),
        chains: [{ family: "inet", table: "masscanned", name: "forward" }],
        saved: new Map([["ip6tables", [
          "*filter",
          ":MASSCANNED - [0:0]",
          '-A FORWARD -m comment --comment "masscanned share" -j MASSCANNED',
          "COMMIT",
        ]]]),
      },
    ),
  );
  deepStrictEqual(down.map(shellText), [
    "nft delete table inet masscanned",
    "ip6tables-restore --wait --noflush <<'END'\n*filter\n" +
    '-D FORWARD -m comment --comment "masscanned share" -j MASSCANNED\n' +
    "-F MASSCANNED\n-X MASSCANNED\nCOMMIT\nEND",
    "sysctl -w net.ipv6.conf.all.forwarding=0",
    "sysctl -w net.ipv6.conf.eth0.forwarding=1",
    "sysctl -w net.ipv4.conf.eth0.forwarding=0",
    "sysctl -w net.ipv6.conf.eth0.accept_ra=1",
    "ip link delete to_masscanned",
  ]);
});

Deno.test("planDown() leaves a host alone that became a router meanwhile", () => {
  const down = planDown(
    sharing("masscanned share net/ipv4/conf/eth0/forwarding=0", {
      settings: settings({
        "net/ipv4/conf/all/forwarding": "1",
        "net/ipv4/conf/eth0/forwarding": "1",
      }),
    }),
  );
  deepStrictEqual(down.map(shellText), ["ip link delete to_masscanned"]);
});

// What the cable's end is like → what planDown() does about it.
const CABLES: readonly [
  what: string,
  more: Parameters<typeof link>[1],
  number,
][] = [
  ["of ours", { alias: "masscanned share" }, 1],
  ["just laid", { kind: "veth", peer: "masscanned", isUp: false }, 1],
  ["laid by hand", { kind: "veth", peer: "masscanned" }, 0],
  ["of hardware", { isUp: false }, 0],
];

for (const [what, more, count] of CABLES) {
  Deno.test(`planDown() on a cable ${what} takes ${count} steps`, () => {
    const { links } = host();
    const cable = link("to_masscanned", more);
    strictEqual(planDown(host({ links: [...links, cable] })).length, count);
  });
}

// Options and hosts that cannot be → what the one line says.
const MISTAKES: readonly [Partial<ShareOptions>, Partial<Host>, RegExp][] = [
  [{ iface: "eth1" }, {}, /no interface "eth1"/],
  [
    { addresses: ["192.0.2.9"] },
    {},
    /192\.0\.2\.9: it is not an address of eth0, which has 192\.0\.2\.1, 192\.0\.2\.2, 2001:db8::1$/,
  ],
  [
    { iface: "lo", addresses: ["127.0.0.1"] },
    { links: [link("lo", { addresses: ["127.0.0.1", "::1"] })] },
    /127\.0\.0\.1: nobody but the host itself can reach it$/,
  ],
  [{}, { chains: undefined }, /neither nft nor iptables/],
  [{}, { links: [...host().links, link("masscanned")] }, /somebody else/],
];

for (const [options, more, says] of MISTAKES) {
  Deno.test(`planUp() says ${says}`, () => {
    throws(() => up(options, host(more)), says);
  });
}

Deno.test("planUp() refuses more than the alias can remember", () => {
  const names = Array.from({ length: 9 }, (_, i) => `interface${i}`);
  const more = Object.fromEntries(
    names.map((name) => [`net/ipv6/conf/${name}/accept_ra`, "1"]),
  );
  throws(
    () =>
      up(
        { addresses: ["2001:db8::1"] },
        host({ learning: new Set(names), settings: settings(more) }),
      ),
    /too many interfaces/,
  );
});
