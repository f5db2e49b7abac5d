import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  lab,
  MASSCANNED,
  Masscanned,
  succeed,
  textFile,
  until,
} from "./lab.ts";
import {
  ALSO_SHARED,
  CLIENT,
  CLIENT_6,
  SHARED,
  SHARED_6,
  SharedHost,
} from "./shared_host.ts";

const CLIENTS = ["dig", "dumpcap", "ip", "nft", "ping", "rpcinfo", "tshark"];

// [address, what it is behind the cable, client, type of its DNS record, netid]
const ADDRESSES = [
  [SHARED, "0.255.0.1", CLIENT, "A", "tcp"],
  [ALSO_SHARED, "0.255.0.2", CLIENT, "A", "tcp"],
  [SHARED_6, "fd6d:6173:7363::1", CLIENT_6, "AAAA", "tcp6"],
] as const;

lab(
  "masscanned, started as share up says, knows its clients' addresses",
  CLIENTS,
  async () => {
    await using host = await SharedHost.start();
    const args = argsIn(
      await host.shares(
        `up -i eth0 -a ${SHARED},${ALSO_SHARED},${SHARED_6} -k tcp/22`,
      ),
      /; for the rest: masscanned (.+)$/m,
    );
    strictEqual(
      argsIn(
        await host.shares("status"),
        /^Nothing answers yet: masscanned (.+)$/m,
      ),
      args,
    );
    const folder = await Deno.makeTempDir();
    await Deno.chmod(folder, 0o777);
    const outer = host.spawn(
      `dumpcap -q -i eth0 -w ${folder}/eth0.pcapng -f`,
      "udp port 53",
    );
    await until("dumpcap records", async () => {
      return (await Deno.stat(`${folder}/eth0.pcapng`).catch(() => null)) !==
        null;
    });
    await using masscanned = await Masscanned.start(
      `${args} --events ${folder}/events.ndjson --zeek ${folder} ` +
        `--zeek-format json --pcap ${folder}/own.pcapng`,
      MASSCANNED,
      host.on,
    );
    for (const [address, , , type, netid] of ADDRESSES) {
      const question = `dig +short +time=10 @${address} example.com ${type}`;
      strictEqual(await succeed(question), `${address}\n`);
      strictEqual(await succeed(`${question} +tcp`), `${address}\n`);
      // Asks the port mapper where it is, and then calls it there.
      strictEqual(
        await succeed(`rpcinfo -T ${netid} ${address} 100000 4`),
        "program 100000 version 4 ready and waiting\n",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500)); // kernel's buffer
    outer.kill("SIGINT");
    await outer.status;
    await masscanned.stop();

    const events = jsonLines(`${folder}/events.ndjson`);
    const rows = jsonLines(`${folder}/conn.log`);
    const summed = events.flatMap(({ masscanned }) =>
      masscanned.source?.addresses?.first ?? []
    );
    for (const [address, inner, client] of ADDRESSES) {
      const event = events.find(({ dns, destination, network }) =>
        dns && destination.ip === address && network.transport === "udp"
      )!;
      strictEqual(event.destination.nat.ip, inner);
      deepStrictEqual(event.related.ip, [client, address, inner]);
      ok(summed.includes(address), summed.join());
      ok(!summed.includes(inner), summed.join());
      const row = rows.find(({ uid }) => uid === event.event.id)!;
      strictEqual(row["id.resp_h"], address);
      // What tshark says of the packets on either side.
      const { public: { community_id: outerId } } = event.masscanned;
      const innerId = event.network.community_id;
      strictEqual(row.community_id, innerId);
      const [own, eth0] = await Promise.all(
        ["own", "eth0"].map((name) => idsOf(`${folder}/${name}.pcapng`)),
      );
      ok(own!.includes(`${inner} ${innerId}`), own!.join("\n"));
      ok(eth0!.includes(`${address} ${outerId}`), eth0!.join("\n"));
    }
    await Deno.remove(folder, { recursive: true });
  },
);

lab(
  "rpcinfo lists the port mapper at its public address",
  ["ip", "nft", "rpcinfo"],
  async () => {
    await using host = await SharedHost.start();
    const args = argsIn(
      await host.shares(`up -i eth0 -a ${SHARED},${SHARED_6} -k tcp/22`),
      /; for the rest: masscanned (.+)$/m,
    );
    await using _masscanned = await Masscanned.start(
      `${args} --persona classic`,
      MASSCANNED,
      host.on,
    );
    match(await succeed(`rpcinfo ${SHARED}`), / 192\.168\.0\.10\.0\.111 /);
    match(await succeed(`rpcinfo ${SHARED_6}`), / 2001:db8:1::10\.0\.111 /);
  },
);

lab(
  "SIGHUP reads the public addresses again",
  ["dig", "ip", "nft"],
  async () => {
    await using host = await SharedHost.start();
    await host.shares(`up -i eth0 -a ${SHARED} -k tcp/22`);
    await using config = await textFile("");
    await using masscanned = await Masscanned.start(
      `-i masscanned --config ${config.path}`,
      MASSCANNED,
      host.on,
    );
    const question = `dig +short +time=10 @${SHARED} example.com`;
    strictEqual(await succeed(question), "0.255.0.1\n");
    await Deno.writeTextFile(
      config.path,
      `public-ip = ["0.255.0.1=${SHARED}"]\n`,
    );
    masscanned.signal("SIGHUP");
    await until(
      "the public address is told",
      async () => await succeed(question) === `${SHARED}\n`,
    );
    // The wrong way round, as it is easily written.
    await Deno.writeTextFile(
      config.path,
      `public-ip = "${SHARED}=0.255.0.1"\n`,
    );
    masscanned.signal("SIGHUP");
    await masscanned.says(
      `WARN - everything stays as it was: Cannot use --public-ip ` +
        `"${SHARED}=0.255.0.1": ${SHARED} is an address of the host, and not ours`,
    );
    strictEqual(await succeed(question), `${SHARED}\n`);
  },
);

/** Arguments of the command that a line names. */
function argsIn(said: string, line: RegExp): string {
  const [, args] = line.exec(said) ?? [];
  ok(args, said);
  return args;
}

// deno-lint-ignore no-explicit-any -- whatever JSON holds
function jsonLines(path: string): any[] {
  return Deno.readTextFileSync(path).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
}

/** Destinations of a capture's packets, and the Community IDs of their flows. */
async function idsOf(path: string): Promise<string[]> {
  const said = await succeed(
    `tshark -n -r ${path} --enable-protocol communityid -T fields ` +
      "-e ip.dst -e ipv6.dst -e communityid",
  );
  return said.trimEnd().split("\n").map((line) => {
    const [v4, v6, id] = line.split("\t");
    return `${v4 || v6} ${id}`;
  });
}
