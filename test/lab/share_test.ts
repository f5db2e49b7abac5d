import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { lab, ON_SENSOR, type Outcome, run, succeed, until } from "./lab.ts";
import {
  CABLE,
  REDIRECTION,
  toolPath,
  TOOLS,
  TOOLS_OF_SHARE,
} from "./share_checks.ts";
import {
  ALSO_SHARED,
  CLIENT,
  CLIENT_6,
  SHARED,
  SHARED_6,
  SharedHost,
} from "./shared_host.ts";

lab(
  "cut short at any step, share up is undone or finished",
  [...TOOLS, "scapy"],
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
    deepStrictEqual(masscanned.news.length, 1, masscanned.news.join("\n"));
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
  // Nor is one left of what is no longer shared.
  await host.shares(`up -i eth0 -a ${SHARED} -k tcp/22`);
  strictEqual(await reaches("2001:db8:2::2"), false);
  match(await host.shares("status"), /^Shared, by these rules:/);
  await host.shares(`up -i eth0 -a ${SHARED},${SHARED_6} -k tcp/22`);
  ok(await reaches(SHARED_6));
  // It would be reached: only the rules stood in the way.
  await host.succeed("nft delete chain inet masscanned forward");
  ok(await reaches("198.51.100.2"));
  ok(await reaches("2001:db8:2::2"));
});

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

lab("share status says what somebody else undid", TOOLS, async () => {
  await using host = await SharedHost.start();
  const up = `up -i eth0 -a ${SHARED} -k tcp/22`;
  const undoing: readonly [command: string, says: RegExp][] = [
    ["nft flush ruleset", /^The rules are gone, or some of them$/m],
    [
      "sysctl -w net.ipv4.conf.eth0.forwarding=0",
      /^Somebody set it back: net\.ipv4\.conf\.eth0\.forwarding=0$/m,
    ],
    ["ip link set masscanned down", /^masscanned is DOWN$/m],
    ["ip link delete masscanned", /^There is no cable$/m],
  ];
  for (const [command, says] of undoing) {
    await host.shares(up);
    await host.succeed(command);
    const { code, stdout } = await host.share("status");
    strictEqual(code, 1, command);
    match(stdout, /^Shared by halves/);
    match(stdout, says);
    await host.shares(up);
    match(await host.shares("status"), /^Shared, by these rules:/);
  }
  // In iptables, a jump is enough.
  await host.shares("down");
  await host.succeed("iptables -P FORWARD DROP");
  await host.shares(up);
  await host.succeed("iptables -t nat -F PREROUTING");
  match((await host.share("status")).stdout, /^The rules are gone/m);
  await host.shares("down");
  strictEqual((await host.share("status")).code, 3);
});
