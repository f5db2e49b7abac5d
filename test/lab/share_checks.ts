/**
 * What the tests that share addresses have in common: the guide of the original,
 * "Addresses shared with the host", to the letter, and what it promises.
 *
 * @module
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { succeed, until } from "./lab.ts";
import { ADDENDUM, CLIENT, CLIENT_6, type SharedHost } from "./shared_host.ts";

/** Clients of every test that shares addresses. */
export const TOOLS = [
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
/** How the guide lays the cable. */
export const CABLE = [
  "ip link add to_masscanned type veth peer masscanned",
  "ip link set masscanned up",
  "ip link set to_masscanned up",
  "ip addr add 0.255.0.0/31 dev to_masscanned",
];
/** How the guide sends what comes to masscanned, but for SSH. */
export const REDIRECTION = [
  "sysctl -w net.ipv4.ip_forward=1",
  "iptables -t nat -A PREROUTING -i eth0 -d 192.168.0.10 -p tcp --dport 22 -j ACCEPT",
  "iptables -t nat -A PREROUTING -i eth0 -d 192.168.0.10/32 -j DNAT --to-destination 0.255.0.1",
];

/** Checks all that the guide promises of an address. */
export async function checkShared(
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
  // What the client's kernel sends in one piece, masscanned gets in segments.
  const status = await succeed(
    `curl -sS --max-time 60 -o /dev/null -w %{http_code} ${url}/upload`,
    "--data-binary",
    "a".repeat(100_000),
  );
  strictEqual(status, "401");
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
export const TOOLS_OF_SHARE = [
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
export async function toolPath(isOld: boolean): Promise<
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
