import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { lab, ON_SENSOR, type Outcome, run, succeed, until } from "./lab.ts";
import {
  ADDENDUM,
  ALSO_SHARED,
  CLIENT,
  CLIENT_6,
  SHARED,
  SHARED_6,
  SharedHost,
} from "./shared_host.ts";

const TOOLS = [
  "curl",
  "dumpcap",
  "ip",
  "iptables",
  "nft",
  "ping",
  "ssh",
  "sshd",
  "sysctl",
  "tshark",
];
// What masscanned says about a ping through the guide's recipe.
const ARP_REPLY =
  /^WARN - ARP-Reply to ([0-9a-f]{2}:){5}[0-9a-f]{2} for IP 0\.255\.0\.1$/;
const PING_REPLY = "WARN - ICMP-Echo-Reply to ICMP-Echo-Request";

// The guide of the original, "Addresses shared with the host", to the letter.
const CABLE = [
  "ip link add to_masscanned type veth peer masscanned",
  "ip link set masscanned up",
  "ip link set to_masscanned up",
  "ip addr add 0.255.0.0/31 dev to_masscanned",
];
const REDIRECTION = [
  "sysctl -w net.ipv4.ip_forward=1",
  "iptables -t nat -A PREROUTING -i eth0 -d 192.168.0.10 -p tcp --dport 22 -j ACCEPT",
  "iptables -t nat -A PREROUTING -i eth0 -d 192.168.0.10/32 -j DNAT --to-destination 0.255.0.1",
];

// Whether the kernel would route back what comes to masscanned depends on how
// it looks at sources: not at all, strictly, loosely; ip-sysctl: rp_filter.
for (const rpFilter of [0, 1, 2]) {
  lab(`the recipe of the original's guide works, rp_filter ${rpFilter}`, [
    ...TOOLS,
  ], async () => {
    await using host = await SharedHost.start();
    for (const name of ["all", "default", "eth0"]) {
      await host.succeed(
        `sysctl -w net.ipv4.conf.${name}.rp_filter=${rpFilter}`,
      );
    }
    await host.startSshd();
    for (const command of CABLE) await host.succeed(command);
    await using masscanned = await host.startMasscanned();

    match(
      await host.succeed("ping -c 1 0.255.0.1"),
      /64 bytes from 0\.255\.0\.1: icmp_seq=1 ttl=64 .* 1 received/s,
    );
    for (const command of REDIRECTION) await host.succeed(command);
    match(
      await succeed("ping -c 1 192.168.0.10"),
      /64 bytes from 192\.168\.0\.10: icmp_seq=1 ttl=63 .* 1 received/s,
    );
    await until(
      "both pings are told of",
      () => masscanned.lines.filter((line) => line === PING_REPLY).length >= 2,
    );
    const [, first, ...pings] = masscanned.lines;
    match(first!, ARP_REPLY);
    deepStrictEqual(pings, [PING_REPLY, PING_REPLY]);

    await checkShared(host, SHARED, "0.255.0.1");
  });
}

// Each back end, chosen as on the hosts that have it.
const BACK_ENDS: Record<string, readonly string[]> = {
  "nftables": [],
  "iptables over nftables": [
    "iptables -P FORWARD DROP",
    "ip6tables -P FORWARD DROP",
    "iptables -A INPUT -s 203.0.113.1 -j DROP",
    "iptables -t nat -A PREROUTING -p tcp --dport 9999 -j REDIRECT --to-ports 80",
  ],
  "iptables of old": [
    "iptables-legacy -P FORWARD DROP",
    "ip6tables-legacy -P FORWARD DROP",
    "iptables-legacy -A INPUT -s 203.0.113.1 -j DROP",
  ],
};

for (const [name, commands] of Object.entries(BACK_ENDS)) {
  lab(`share up, status and down, with ${name}`, TOOLS, async () => {
    await using host = await SharedHost.start();
    const isOld = name === "iptables of old";
    await using path = await toolPath(isOld);
    for (const command of commands) await host.succeed(command);
    await host.startSshd();
    const before = await host.snapshot();
    const share = (args: string) =>
      host.run(`env PATH=${path.value} ${path.masscanned} share ${args}`);
    const shares = async (args: string) => {
      const outcome = await share(args);
      strictEqual(outcome.code, 0, JSON.stringify(outcome));
      return outcome.stdout;
    };

    strictEqual((await share("status")).code, 3);
    const up = `up --interface eth0 --address ${SHARED},${ALSO_SHARED} ` +
      `--address ${SHARED_6} --keep tcp/22,udp/123`;
    // To say what would be done changes nothing.
    const said = await shares(`${up} --dry-run`);
    strictEqual(await host.snapshot(), before);
    match(said, name === "nftables" ? /^nft -f -/m : /^iptables-restore /m);

    await shares(up);
    match((await share("status")).stdout, /Nothing answers yet/);
    {
      await using masscanned = await host.startMasscanned();
      await checkShared(host, SHARED, "0.255.0.1");
      match(await succeed(`ping -c 1 ${ALSO_SHARED}`), / ttl=63 /);
      await masscanned.says(/^WARN - ARP-Reply to \S+ for IP 0\.255\.0\.2$/);
      await checkShared(host, SHARED_6, "fd6d:6173:7363::1");
      // A neighbour of the host's is still one, though it forgets and asks.
      await succeed("ip neighbour flush dev guest0");
      match(await succeed(`ping -c 1 ${SHARED_6}`), / ttl=63 /);

      // Twice, while somebody talks: nothing is lost.
      const ping = succeed(`ping -c 40 -i 0.05 ${SHARED}`);
      await shares(up);
      match(await ping, / 40 received/);
      await checkShared(host, SHARED, "0.255.0.1");
    }
    const rules = await shares("status");
    match(rules, /^Shared, by these rules:/);
    match(rules, /0\.255\.0\.1.*\n|to_masscanned/);
    await shares("down");
    strictEqual(await host.snapshot(), before);
    strictEqual((await share("status")).code, 3);
    match(await succeed(`ping -c 1 ${SHARED}`), / ttl=64 /);
    // Twice, and without anything to undo.
    await shares("down");
  });
}

lab(
  "cut short at any step, share up is undone or finished",
  TOOLS,
  async () => {
    await using host = await SharedHost.start();
    await learnRoutes(host);
    const before = await host.snapshot();
    const up = `up -i eth0 -a ${SHARED},${ALSO_SHARED},${SHARED_6} -k tcp/22`;
    const steps = stepsOf(await host.shares(`${up} -n`));
    ok(steps.length > 10, steps.join("\n"));
    for (let count = 1; count <= steps.length; count++) {
      const done = steps.slice(0, count).join("\n");
      await host.succeed("bash -e -c", done);
      strictEqual(
        (await host.share("status")).code,
        count < steps.length ? 1 : 0,
        steps[count - 1],
      );
      await host.shares("down");
      strictEqual(await host.snapshot(), before, done);
    }
    // Finishes what was begun, and still knows how it was before.
    await host.succeed("bash -e -c", steps.slice(0, -2).join("\n"));
    await host.shares(up);
    strictEqual((await host.share("status")).code, 0);
    // Cut short the other way.
    const [first, ...rest] = stepsOf(await host.shares("down -n"));
    ok(rest.length > 2);
    await host.succeed("bash -e -c", first!);
    strictEqual((await host.share("status")).code, 1);
    await host.shares("down");
    strictEqual(await host.snapshot(), before);
  },
);

lab("a failing share up leaves all as it was", TOOLS, async () => {
  await using host = await SharedHost.start();
  await using path = await toolPath(false);
  // nft says yes to every question, and no to rules.
  await Deno.remove(`${path.folder}/nft`);
  await Deno.writeTextFile(
    `${path.folder}/nft`,
    '#!/bin/sh\n[ "$1" = -f ] || exec /usr/sbin/nft "$@"\n' +
      "echo Error: no rule today >&2; exit 1\n",
    { mode: 0o755 },
  );
  const before = await host.snapshot();
  const { code, stderr } = await host.run(
    `env PATH=${path.value} ${path.masscanned} share up -i eth0 -a ${SHARED} -k tcp/22`,
  );
  strictEqual(code, 1);
  strictEqual(
    stderr,
    'ERROR - Cannot share: "nft -f -" says: Error: no rule today\n',
  );
  strictEqual(await host.snapshot(), before);
});

lab("share up does not lock its operator out", TOOLS, async () => {
  await using host = await SharedHost.start();
  await host.startSshd(2222);
  const before = await host.snapshot();
  const refuses = async (
    says: RegExp,
    outcome: Promise<Outcome>,
  ) => {
    const { code, stderr } = await outcome;
    strictEqual(code, 1, stderr);
    match(stderr, says);
    match(stderr, /^ERROR - Will not share: [^\n]*--force\n$/);
    strictEqual(await host.snapshot(), before);
  };
  // Within an SSH session, whatever it is.
  const masscanned = new URL("../../scripts/run.sh", import.meta.url).pathname;
  const share = `${masscanned} share up -i eth0 -a ${SHARED}`;
  await refuses(
    /this SSH session comes in on tcp\/2222 of 192\.168\.0\.10, from 192\.168\.0\.20: add --keep tcp\/2222/,
    host.ssh(SHARED, `${share} --keep tcp/22`, 2222),
  );
  // sudo takes the environment away.
  await refuses(
    /192\.168\.0\.20 is connected to tcp\/2222: add --keep tcp\/2222/,
    host.ssh(SHARED, `env -u SSH_CONNECTION ${share} --keep tcp/22`, 2222),
  );
  // From the console, with a slip of the finger.
  await refuses(
    /with --keep tcp\/222 no way to log in is left; the host listens on tcp\/2222/,
    host.share(`up -i eth0 -a ${SHARED} --keep tcp/222`),
  );
  await refuses(
    /with --keep nothing no way to log in is left/,
    host.share(`up -i eth0 -a ${SHARED_6}`),
  );
  // Another address than the session's is no matter; nor is what is kept.
  for (
    const args of [
      `-a ${SHARED} --keep tcp/2222`,
      `-a ${SHARED} --keep tcp/2000-3000`,
      `-a ${ALSO_SHARED} --keep tcp/2222`,
      `-a ${SHARED} --force`,
    ]
  ) {
    const command = `${masscanned} share up -i eth0 ${args}`;
    const { code, stderr } = await host.ssh(SHARED, command, 2222);
    strictEqual(code, 0, stderr);
    await host.shares("down");
    strictEqual(await host.snapshot(), before);
  }
});

// What an operator may get wrong, and the one line.
const MISTAKES: Record<string, [args: string, says: RegExp]> = {
  "an interface that is missing": [
    `up -i nic7 -a ${SHARED} -k tcp/22`,
    /there is no interface "nic7"/,
  ],
  "an address that is not the host's": [
    "up -i eth0 -a 192.168.0.99 -k tcp/22",
    /Cannot share 192\.168\.0\.99: it is not an address of eth0, which has 192\.168\.0\.10, 192\.168\.0\.11, 2001:db8:1::10/,
  ],
  "an address of another interface": [
    "up -i lo -a 192.168.0.10 -k tcp/22",
    /not an address of lo, which has 127\.0\.0\.1, ::1/,
  ],
};

for (const [mistake, [args, says]] of Object.entries(MISTAKES)) {
  lab(`share up names ${mistake}`, TOOLS, async () => {
    await using host = await SharedHost.start();
    const before = await host.snapshot();
    const { code, stderr } = await host.share(args);
    strictEqual(code, 1);
    match(stderr, says);
    match(stderr, /^ERROR - [^\n]*\n$/);
    strictEqual(await host.snapshot(), before);
  });
}

lab("share says which tool or privilege it lacks", TOOLS, async () => {
  await using host = await SharedHost.start();
  const up = `share up -i eth0 -a ${SHARED} -k tcp/22`;
  await using path = await toolPath(false);
  const fails = async (command: string, says: string) => {
    const { code, stderr } = await host.run(command);
    deepStrictEqual({ code, stderr }, { code: 1, stderr: `ERROR - ${says}\n` });
  };
  await fails(
    `setpriv --bounding-set=-net_admin ${path.masscanned} ${up}`,
    "Cannot share: that needs the capability CAP_NET_ADMIN. Run it as root",
  );
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const alone = `env PATH=${path.folder} ${Deno.execPath()} run -q -P ${main}`;
  for (const tool of TOOLS_OF_SHARE.slice(1)) {
    await Deno.remove(`${path.folder}/${tool}`);
  }
  await fails(
    `${alone} ${up}`,
    "Cannot share: there is neither nft nor iptables. " +
      "On Debian and Ubuntu: apt-get install nftables",
  );
  await Deno.remove(`${path.folder}/ip`);
  await fails(
    `${alone} ${up}`,
    'Cannot share: the program "ip" is not on PATH, which it may be in /usr/sbin',
  );
});

lab("what somebody else made is left alone", TOOLS, async () => {
  await using host = await SharedHost.start();
  for (const command of [...CABLE, ...REDIRECTION]) await host.succeed(command);
  const before = await host.snapshot();
  const { code, stderr } = await host.share(
    `up -i eth0 -a ${SHARED} -k tcp/22`,
  );
  strictEqual(code, 1);
  match(stderr, /somebody else made an interface "to_masscanned"/);
  match(await host.shares("down"), /Nothing is shared/);
  strictEqual(await host.snapshot(), before);
});

lab(
  "open connections of the host's outlive share up and down",
  TOOLS,
  async () => {
    await using host = await SharedHost.start();
    using listener = Deno.listen({ hostname: CLIENT, port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    // On the host, which has no conntrack yet: says what it reads, for ever.
    host.spawn("bash -c", `exec 3<>/dev/tcp/${CLIENT}/${port}; cat <&3 >&3`);
    using connection = await listener.accept();
    const echo = async (text: string) => {
      await connection.write(new TextEncoder().encode(text));
      const buffer = new Uint8Array(100);
      const got = await connection.read(buffer);
      strictEqual(new TextDecoder().decode(buffer.subarray(0, got!)), text);
    };
    await echo("before");
    await host.shares(`up -i eth0 -a ${SHARED} -k tcp/22`);
    await using masscanned = await host.startMasscanned();
    await echo("shared"); // the first octets are the client's
    await host.shares(`up -i eth0 -a ${SHARED} -k tcp/22`);
    await echo("shared again");
    await masscanned.stop();
    deepStrictEqual(masscanned.lines.length, 1, masscanned.lines.join("\n"));
    await host.shares("down");
    await echo("after");
  },
);

lab("share up makes no router of the host", TOOLS, async () => {
  await using host = await SharedHost.start();
  // Behind the host: the lab's other side, which knows the way back.
  const far = `/proc/${Deno.env.get("LAB_SENSOR")}/ns/net`;
  await host.succeed(`ip link add near0 type veth peer name far0 netns ${far}`);
  const networks = [
    ["198.51.100.1/24", "198.51.100.2/24", CLIENT, SHARED],
    ["2001:db8:2::1/64", "2001:db8:2::2/64", CLIENT_6, SHARED_6],
  ] as const;
  await host.succeed("ip link set near0 up");
  await host.succeed("sysctl -w net.ipv4.conf.near0.forwarding=1");
  await succeed(`${ON_SENSOR} ip link set far0 up`);
  for (const [near, beyond, client, shared] of networks) {
    const nodad = near.includes(":") ? " nodad" : "";
    await host.succeed(`ip address add ${near} dev near0${nodad}`);
    await succeed(`${ON_SENSOR} ip address add ${beyond} dev far0${nodad}`);
    const via = near.split("/")[0];
    await succeed(`${ON_SENSOR} ip route add ${client} via ${via}`);
    const target = beyond.split("/")[0];
    await succeed(`ip route add ${target} via ${shared} dev guest0`);
  }
  // Past the rules to masscanned itself.
  await succeed(`ip route add 0.255.0.1 via ${SHARED} dev guest0`);
  await succeed(`ip route add fd6d:6173:7363::1 via ${SHARED_6} dev guest0`);
  const reaches = async (target: string): Promise<boolean> =>
    (await run(`ping -c 1 -W 1 ${target}`)).code === 0;

  await host.shares(`up -i eth0 -a ${SHARED},${SHARED_6} -k tcp/22`);
  await using _masscanned = await host.startMasscanned();
  ok(await reaches(SHARED));
  ok(await reaches(SHARED_6));
  for (
    const target of [
      "198.51.100.2",
      "2001:db8:2::2",
      "0.255.0.1",
      "fd6d:6173:7363::1",
    ]
  ) {
    strictEqual(await reaches(target), false, target);
  }
  // It would be reached: only the rules stood in the way.
  await host.succeed("nft delete chain inet masscanned forward");
  ok(await reaches("198.51.100.2"));
  ok(await reaches("2001:db8:2::2"));
});

/** Checks all that the guide promises of an address. */
async function checkShared(
  host: SharedHost,
  address: string,
  inner: string,
): Promise<void> {
  const isV6 = address.includes(":");
  const url = `http://${isV6 ? `[${address}]` : address}`;
  const client = isV6 ? CLIENT_6 : CLIENT;
  const seen = await capture(host, async () => {
    match(
      await succeed(`ping -c 2 -i 0.1 ${address}`),
      / ttl=63 .* 2 received/s,
    );
    for (const port of [80, 8080, 31337]) {
      const status = await succeed(
        `curl -sS --max-time 60 -o /dev/null -w %{http_code} ${url}:${port}/`,
      );
      strictEqual(status, "401"); // nobody but masscanned asks for a password
    }
  });
  // Every frame once, from the client itself, one hop away.
  const requests = seen.filter(({ src }) => src !== inner);
  ok(requests.length > 10);
  deepStrictEqual(
    new Set(requests.map(({ src, dst, ttl }) => `${src} ${dst} ${ttl}`)),
    new Set([`${client} ${inner} 63`]),
  );
  strictEqual(requests.filter(({ isPing }) => isPing).length, 2);

  const { stdout, stderr } = await host.ssh(address, "echo $SSH_CONNECTION");
  match(stdout, new RegExp(`^${client} \\d+ ${address} 22\n$`), stderr);
  using connection = await Deno.connect({ hostname: address, port: 22 });
  const banner = new Uint8Array(100);
  const got = await connection.read(banner);
  match(
    new TextDecoder().decode(banner.subarray(0, got!)),
    new RegExp(ADDENDUM),
  );

  await checkOwnConnections(host, client);
}

/** Checks that the host gets answers to what it asks. */
async function checkOwnConnections(
  host: SharedHost,
  client: string,
): Promise<void> {
  match(await host.succeed(`ping -c 1 ${client}`), / 1 received/);
  await using server = Deno.serve({
    hostname: client,
    port: 0,
    onListen: () => {},
  }, () => new Response("hello"));
  const { port } = server.addr;
  const name = client.includes(":") ? `[${client}]` : client;
  strictEqual(
    await host.succeed(`curl -sS --max-time 60 http://${name}:${port}/`),
    "hello",
  );
  const socket = createSocket(client.includes(":") ? "udp6" : "udp4");
  socket.on("message", (octets, { port, address }) => {
    socket.send(octets, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, client, resolve));
  try {
    const said = await host.succeed(
      "bash -c",
      `exec 3<>/dev/udp/${client}/${socket.address().port}
       echo hello >&3; timeout 60 head -c 6 <&3`,
    );
    strictEqual(said, "hello\n");
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

/** A packet that masscanned received or sent. */
interface Seen {
  readonly src: string;
  readonly dst: string;
  readonly ttl: string;
  readonly isPing: boolean;
}

/** Records what goes over the cable to masscanned while something happens. */
async function capture(
  host: SharedHost,
  happening: () => Promise<void>,
): Promise<Seen[]> {
  const file = await Deno.makeTempFile({ suffix: ".pcapng" });
  const filter = "ip or ip6 and not dst net ff00::/8 and not (icmp6 and " +
    "(ip6[40] >= 133 and ip6[40] <= 137))";
  const recorder = host.spawn(
    `dumpcap -q -i masscanned -w ${file} -f`,
    filter,
  );
  await until("dumpcap records", () => Deno.statSync(file).size > 0);
  await happening();
  await new Promise((resolve) => setTimeout(resolve, 500)); // kernel's buffer
  recorder.kill("SIGINT");
  await recorder.status;
  const fields = ["ip.src", "ip.dst", "ip.ttl", "ipv6.src", "ipv6.dst"];
  const said = await succeed(
    `tshark -n -r ${file} -T fields -e ` +
      [...fields, "ipv6.hlim", "icmp.type", "icmpv6.type"].join(" -e "),
  );
  await Deno.remove(file);
  return said.trimEnd().split("\n").map((line) => line.split("\t")).map((
    [src4, dst4, ttl, src6, dst6, hopLimit, type4, type6],
  ) => ({
    src: src4 || src6!,
    dst: dst4 || dst6!,
    ttl: ttl || hopLimit!,
    isPing: type4 === "8" || type6 === "128",
  }));
}

/** Programs that `share` runs; `ip` first. */
const TOOLS_OF_SHARE = [
  "ip",
  "nft",
  "iptables-save",
  "iptables-restore",
  "ip6tables-save",
  "ip6tables-restore",
];

/**
 * Makes a folder with the programs that `share` runs, first on a PATH.
 *
 * @param isOld Whether iptables is to be the one of old.
 */
async function toolPath(isOld: boolean): Promise<
  AsyncDisposable & {
    readonly folder: string;
    readonly value: string;
    readonly masscanned: string;
  }
> {
  const folder = await Deno.makeTempDir();
  for (const tool of TOOLS_OF_SHARE) {
    const name = isOld ? tool.replace("tables", "tables-legacy") : tool;
    const path = (await succeed(`which ${name}`)).trim();
    await Deno.symlink(path, `${folder}/${tool}`);
  }
  return {
    folder,
    value: `${folder}:${Deno.env.get("PATH")}`,
    masscanned: new URL("../../scripts/run.sh", import.meta.url).pathname,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Commands of a script that may have here-documents. */
function stepsOf(script: string): string[] {
  return script.match(/^.*<<'END'\n[^]*?^END$|^.+$/gm) ?? [];
}

/** Lets the host learn a default route from a router advertisement. */
async function learnRoutes(host: SharedHost): Promise<void> {
  await host.succeed("sysctl -w net.ipv6.conf.eth0.accept_ra=1");
  const advertisement =
    "from scapy.all import *; sendp(Ether(dst='33:33:00:00:00:01')/" +
    "IPv6(src='fe80::77',dst='ff02::1')/ICMPv6ND_RA(routerlifetime=9000), " +
    "iface='guest0', verbose=False)";
  await until("the host has a default route", async () => {
    await succeed("/usr/bin/python3 -c", advertisement);
    return (await host.succeed("ip -6 route")).includes("default via fe80::77");
  });
}
