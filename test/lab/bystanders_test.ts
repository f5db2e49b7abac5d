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
  deepStrictEqual(masscanned.lines.length, 1, masscanned.lines.join("\n"));
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
    deepStrictEqual(masscanned.lines.length, 1, masscanned.lines.join("\n"));
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
