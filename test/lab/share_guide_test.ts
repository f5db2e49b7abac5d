import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { lab, Masscanned, ON_SENSOR, succeed, until } from "./lab.ts";
import {
  CABLE,
  checkShared,
  REDIRECTION,
  toolPath,
  TOOLS,
} from "./share_checks.ts";
import { ALSO_SHARED, SHARED, SHARED_6, SharedHost } from "./shared_host.ts";

// What masscanned says about a ping through the guide's recipe.
const ARP_REPLY =
  /^WARN - ARP-Reply to ([0-9a-f]{2}:){5}[0-9a-f]{2} for IP 0\.255\.0\.1$/;
const PING_REPLY = "WARN - ICMP-Echo-Reply to ICMP-Echo-Request";

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
    strictEqual(
      /^Nothing answers yet: (.*)$/m.exec((await share("status")).stdout)?.[1],
      "masscanned -i masscanned --public-ip " +
        `0.255.0.1=${SHARED},0.255.0.2=${ALSO_SHARED},` +
        `fd6d:6173:7363::1=${SHARED_6}`,
    );
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
    match(rules, /0\.255\.0\.1/);
    await shares("down");
    strictEqual(await host.snapshot(), before);
    strictEqual((await share("status")).code, 3);
    match(await succeed(`ping -c 1 ${SHARED}`), / ttl=64 /);
    // Twice, and without anything to undo.
    await shares("down");
  });
}

lab(
  "masscanned may have its end of the cable in a namespace",
  TOOLS,
  async () => {
    await using host = await SharedHost.start();
    const apart = `/proc/${Deno.env.get("LAB_SENSOR")}/ns/net`;
    const before = await host.snapshot();
    const up = `up -i eth0 -a ${SHARED},${SHARED_6} -k tcp/22`;
    await host.shares(up);
    await host.succeed(`ip link set masscanned netns ${apart}`);
    await succeed(`${ON_SENSOR} ip link set masscanned up`);
    {
      await using _masscanned = await Masscanned.start("-i masscanned");
      for (const address of [SHARED, SHARED_6]) {
        match(await succeed(`ping -c 1 ${address}`), / ttl=63 /);
      }
      await host.shares(up);
      match(await host.shares("status"), /^Shared, by these rules:/);
      match(await succeed(`ping -c 1 ${SHARED}`), / ttl=63 /);
    }
    await host.shares("down");
    strictEqual(await host.snapshot(), before);
  },
);
