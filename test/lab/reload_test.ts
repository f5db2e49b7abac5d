import { deepStrictEqual, match, ok } from "node:assert/strict";
import {
  ALSO_OURS,
  lab,
  Masscanned,
  OURS,
  OURS_6,
  run,
  succeed,
  textFile,
  until,
} from "./lab.ts";

async function answers(address: string): Promise<boolean> {
  return (await run(`ping -c 1 -W 1 ${address}`)).code === 0;
}

lab("SIGHUP takes addresses in and lets others go", ["ping"], async () => {
  await using file = await textFile(OURS);
  await using masscanned = await Masscanned.start(`-i sensor0 -f ${file.path}`);
  ok(await answers(OURS));
  ok(!await answers(ALSO_OURS));
  // An IPv6 address as well, whose multicast group was not listened to so far.
  await Deno.writeTextFile(file.path, `${ALSO_OURS}\n${OURS_6}\n`);
  masscanned.signal("SIGHUP");
  await masscanned.says(
    "WARN - read all files again: answering for 2 addresses",
  );
  await succeed("ip neighbour flush dev client0");
  await until(
    "the new ones answer",
    async () => await answers(ALSO_OURS) && await answers(OURS_6),
  );
  ok(!await answers(OURS));
});

lab("SIGHUP reads the denied addresses again", ["ping"], async () => {
  await using denied = await textFile("203.0.113.1");
  await using masscanned = await Masscanned.start(
    `-i sensor0 --self-ip-list ${OURS} --remote-ip-deny-file ${denied.path}`,
  );
  ok(await answers(OURS));
  await Deno.writeTextFile(denied.path, "192.0.2.1\n");
  masscanned.signal("SIGHUP");
  await until("the client is denied", async () => !await answers(OURS));
});

lab("a bad file leaves the old addresses in force", ["ping"], async () => {
  await using file = await textFile(OURS);
  await using masscanned = await Masscanned.start(`-i sensor0 -f ${file.path}`);
  await Deno.writeTextFile(file.path, `${ALSO_OURS}\n192.0.2.256\n`);
  masscanned.signal("SIGHUP");
  await masscanned.says(
    /^WARN - everything stays as it was: Cannot use .* line 2: "192\.0\.2\.256"/,
  );
  ok(await answers(OURS));
  ok(!await answers(ALSO_OURS));
  await Deno.remove(file.path);
  masscanned.signal("SIGHUP");
  await masscanned.says(/stays as it was: Cannot read .*No such file/);
  ok(await answers(OURS));
  await Deno.writeTextFile(file.path, OURS);
});

lab("no packet is missed while lists are read again", [
  "ping",
  "curl",
], async () => {
  // Long enough a list that reading it takes a while.
  const many = Array.from(
    { length: 20_000 },
    (_, i) => `10.${i >> 8 & 255}.${i & 255}.${i % 7}`,
  );
  await using file = await textFile(OURS, ...many);
  await using masscanned = await Masscanned.start(
    `-i sensor0 -f ${file.path} --workers 2`,
  );
  await succeed(`ping -c 1 ${OURS}`);
  let reloads = 0;
  let isDone = false;
  const reloading = (async () => {
    while (!isDone || reloads < 100) {
      masscanned.signal("SIGHUP");
      reloads++;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  })();
  try {
    const [ping] = await Promise.all([
      succeed(`ping -c 300 -i 0.01 ${OURS}`),
      (async () => {
        for (let i = 0; i < 50; i++) {
          const { stdout } = await run(
            `curl -sS -o /dev/null -w %{http_code} http://${OURS}:${9000 + i}/`,
          );
          deepStrictEqual(stdout, "401");
        }
      })(),
    ]);
    match(ping, / 300 received, 0% packet loss/);
  } finally {
    isDone = true;
    await reloading;
  }
  ok(reloads >= 100);
});

lab("a storm of SIGHUP is weathered", ["ping"], async () => {
  await using file = await textFile(OURS);
  await using masscanned = await Masscanned.start(`-i sensor0 -f ${file.path}`);
  for (let i = 0; i < 5000; i++) masscanned.signal("SIGHUP");
  ok(await answers(OURS));
  await masscanned.says(/^WARN - read .* again/);
});

lab("SIGHUP reads the configuration again", ["curl", "nmap"], async () => {
  const settings =
    `self-ip-list = "${OURS}"\nremote-ip-deny-list = "203.0.113.1"`;
  await using file = await textFile('iface = "sensor0"', settings);
  await using masscanned = await Masscanned.start(`--config ${file.path}`);
  const status = async (): Promise<string> => {
    const url = `http://${OURS}:8080/`;
    const { stdout } = await run(
      `curl -sS -o /dev/null -w %{http_code} ${url}`,
    );
    return stdout;
  };
  deepStrictEqual(await status(), "401");
  await Deno.writeTextFile(
    file.path,
    `iface = "sensor0"\nworkers = 2\nports = "tcp/80"\n${settings}\n`,
  );
  masscanned.signal("SIGHUP");
  await masscanned.says("WARN - only the next start takes over: workers");
  await until("the port is closed", async () => await status() === "000");
  match(await succeed(`nmap -n -Pn -p 80,8080 ${OURS}`), /8080\/tcp closed/);
  await Deno.writeTextFile(file.path, "quite = true\n");
  masscanned.signal("SIGHUP");
  await masscanned.says(/^WARN - everything stays as it was: .*quite/);
  await succeed(`ping -c 1 ${OURS}`);
});

lab(
  "what arrives while behaviour changes is answered afterwards",
  ["ping"],
  async () => {
    const settings = `iface = "sensor0"\nself-ip-list = "${OURS}"\n`;
    await using file = await textFile(settings);
    await using masscanned = await Masscanned.start(`--config ${file.path}`);
    await succeed(`ping -c 1 ${OURS}`);
    const pinging = succeed(`ping -c 30 -i 0.1 ${OURS}`);
    for (let i = 0; i < 10; i++) {
      const ports = `ports = "tcp/${i}"\n`;
      await Deno.writeTextFile(file.path, settings + ports);
      masscanned.signal("SIGHUP");
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    match(await pinging, / 30 received, 0% packet loss/);
  },
);
