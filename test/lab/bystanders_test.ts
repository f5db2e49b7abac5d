import {
  deepStrictEqual,
  doesNotMatch,
  match,
  rejects,
} from "node:assert/strict";
import {
  HOST,
  HOST_6,
  lab,
  MAC,
  Masscanned,
  NOBODY,
  NOBODY_6,
  ON_SENSOR,
  run,
  succeed,
  textFile,
  until,
} from "./lab.ts";

/** Starts a server of the host's own, on the sensor's side. */
function hostServer(): AsyncDisposable {
  const [program, ...args] = ON_SENSOR.split(" ");
  const server = `Deno.serve({ hostname: "::", port: 80 }, () =>
    new Response("the host's own"))`;
  const child = new Deno.Command(program!, {
    args: [...args, Deno.execPath(), "eval", server],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

lab("an address that is not ours is not answered for", [
  "ping",
  "arping",
  "ndisc6",
  "curl",
], async () => {
  await using masscanned = await Masscanned.start();
  for (
    const client of [
      `arping -c 2 -w 1 -I client0 ${NOBODY}`,
      `ndisc6 -1 -r 1 -w 500 ${NOBODY_6} client0`,
      `ping -c 1 -W 1 ${NOBODY}`,
      `ping -c 1 -W 1 ${NOBODY_6}`,
      `curl -sS --max-time 2 http://${NOBODY}/`,
    ]
  ) {
    const { code } = await run(client);
    deepStrictEqual(code === 0, false, client);
  }
  // Not even when frames come to our hardware address.
  await succeed(`ip neighbour replace ${NOBODY} lladdr ${MAC} dev client0`);
  try {
    deepStrictEqual((await run(`ping -c 1 -W 1 ${NOBODY}`)).code, 1);
  } finally {
    await succeed(`ip neighbour delete ${NOBODY} dev client0`);
  }
  await masscanned.stop();
  deepStrictEqual(masscanned.news.length, 1, masscanned.news.join("\n"));
});

for (const list of ["with", "without"]) {
  lab(`${list} a list, the host answers for itself`, [
    "ping",
    "arping",
  ], async () => {
    await using masscanned = await (list === "with"
      ? Masscanned.start()
      : Masscanned.start(`-i sensor0 -m ${MAC}`));
    await using _server = hostServer();
    const said = await succeed(`arping -c 2 -w 10 -I client0 ${HOST}`);
    match(said, /Received 2 response/);
    doesNotMatch(said.toLowerCase(), new RegExp(MAC));
    for (const [address, url] of [[HOST, HOST], [HOST_6, `[${HOST_6}]`]]) {
      match(await succeed(`ping -c 2 -i 0.1 ${address}`), / 2 received/);
      await until(`the host's own server answers at ${url}`, async () => {
        const answer = await fetch(`http://${url}/`).catch(() =>
          undefined
        );
        return await answer?.text() === "the host's own";
      });
      await rejects(fetch(`http://${url}:81/`));
    }
    await masscanned.stop();
    const lines = list === "with" ? 1 : 2; // the second is a warning
    deepStrictEqual(
      masscanned.news.length,
      lines,
      masscanned.news.join("\n"),
    );
  });
}

lab("without a list, every other address is ours", ["arping"], async () => {
  await using _masscanned = await Masscanned.start(`-i sensor0 -m ${MAC}`);
  for (const address of [NOBODY, "192.0.2.77"]) {
    const said = await succeed(`arping -c 1 -w 10 -I client0 ${address}`);
    match(said.toLowerCase(), new RegExp(`\\[${MAC}\\]`));
  }
  match(await succeed(`ping -c 1 ${NOBODY_6}`), / 1 received/);
});

lab("without a list on a LAN, a warning says what that means", [], async () => {
  await using masscanned = await Masscanned.start(`-i sensor0 -m ${MAC}`);
  await masscanned.says(
    /^WARN - there is no list of addresses: on sensor0 .* --self-ip-list$/,
  );
});

const GATEWAYS = [
  ["route add default via", "192.0.2.77"],
  ["-6 route add default via", "2001:db8::77"],
  ["-6 route add 2001:db8:1::/48 via", "fe80::77"],
] as const;

lab("without a list, gateways and the host's other addresses are left alone", [
  "arping",
  "ndisc6",
], async () => {
  const others = [
    "link add other0 type veth peer name other1",
    "link set other0 up",
    "address add 198.51.100.7/24 dev other0",
  ];
  for (const command of others) await succeed(`${ON_SENSOR} ip ${command}`);
  for (const [command, gateway] of GATEWAYS) {
    await succeed(`${ON_SENSOR} ip ${command} ${gateway} dev sensor0`);
  }
  try {
    await using _masscanned = await Masscanned.start(`-i sensor0 -m ${MAC}`);
    const isTaken = async (address: string): Promise<boolean> => {
      const client = address.includes(":")
        ? `ndisc6 -1 -r 1 -w 1000 ${address} client0`
        : `arping -c 1 -w 2 -I client0 ${address}`;
      return (await run(client)).stdout.toLowerCase().includes(MAC);
    };
    for (const [, gateway] of GATEWAYS) {
      deepStrictEqual(await isTaken(gateway), false, gateway);
    }
    deepStrictEqual(await isTaken("198.51.100.7"), false);
    for (const address of [NOBODY, NOBODY_6, "fe80::78", "198.51.100.8"]) {
      deepStrictEqual(await isTaken(address), true, address);
    }
  } finally {
    for (const [command, gateway] of GATEWAYS) {
      await succeed(
        `${ON_SENSOR} ip ${command.replace("add", "delete")} ${gateway}` +
          " dev sensor0",
      );
    }
    await succeed(`${ON_SENSOR} ip link delete other0`);
  }
});

lab("the host and its gateway are left alone even if they are listed", [
  "arping",
  "ping",
], async () => {
  const gateway = "192.0.2.77";
  const route = `default via ${gateway} dev sensor0`;
  await succeed(`${ON_SENSOR} ip route add ${route}`);
  await using file = await textFile("192.0.2.2-192.0.2.127");
  try {
    await using masscanned = await Masscanned.start(
      `-i sensor0 -m ${MAC} -f ${file.path}`,
    );
    await masscanned.says(
      "WARN - left alone on sensor0, though listed: 192.0.2.2, 192.0.2.77, " +
        "which the host or its gateway has, or which is for broadcast; to " +
        "answer for the host's: masscanned share",
    );
    for (const address of [HOST, gateway, NOBODY]) {
      const arping = `arping -c 2 -w 2 -I client0 ${address}`;
      const isTaken = (await run(arping)).stdout.toLowerCase().includes(MAC);
      deepStrictEqual(isTaken, address === NOBODY, address);
    }
    // Whoever has the gateway's address may talk to us.
    await succeed(`ip address add ${gateway}/24 dev client0`);
    await succeed(`ping -c 1 -I ${gateway} ${NOBODY}`);
    await succeed(`ip address delete ${gateway}/24 dev client0`);
    // A list that is read again, and a host that changes.
    await Deno.writeTextFile(file.path, "192.0.2.0/24\n");
    masscanned.signal("SIGHUP");
    await masscanned.says(/ 192\.0\.2\.2, 192\.0\.2\.77, 192\.0\.2\.255, /);
    await succeed(`${ON_SENSOR} ip route delete ${route}`);
    await masscanned.says(/ 192\.0\.2\.2, 192\.0\.2\.255, which /);
  } finally {
    await run(`${ON_SENSOR} ip route delete ${route}`);
  }
});
