/**
 * What a year brings, while a flood arrives: the sensor goes on, and what is
 * lost is counted and said. What becomes of the interface is in
 * `link_test.ts`, of lists in `reload_test.ts`, without a flood.
 */

import { deepStrictEqual, match, ok } from "node:assert/strict";
import {
  FOR_OURS,
  HOST,
  lab,
  MASSCANNED,
  Masscanned,
  ON_SENSOR,
  OURS,
  run,
  SENSOR_NETNS,
  succeed,
  textFile,
  until,
} from "./lab.ts";
import { Disk, Flood } from "./trouble.ts";

const MORTAL = `${Deno.execPath()} run --quiet --allow-all ${
  new URL("./mortal_main.ts", import.meta.url).pathname
}`;
const FAKETIME = "faketime/libfaketimeMT.so.1";
const DAY_MS = 86_400_000;

/** Expects pings and a page, whatever else goes on. */
async function expectAnswers(): Promise<void> {
  match(
    await succeed(`ping -c 20 -i 0.05 ${OURS}`),
    / 20 received, 0% packet loss/,
  );
  const page = "-sS --max-time 60 -o /dev/null -w %{http_code}";
  deepStrictEqual(await succeed(`curl ${page} http://${OURS}/`), "401");
}

function answersAgain(address: string): Promise<void> {
  return until("masscanned answers again", async () => {
    return (await run(`ping -c 1 -W 1 ${address}`)).code === 0;
  });
}

/** What a line said of losses, which must be some. */
function expectLosses(masscanned: Masscanned, what: RegExp): void {
  const line = masscanned.lines.findLast((line) =>
    /lost on our side/.test(line)
  );
  match(line ?? masscanned.lines.join("\n"), what);
}

/** A file that runs a command. */
async function script(...lines: string[]): ReturnType<typeof textFile> {
  const file = await textFile("#!/bin/bash", ...lines);
  await Deno.chmod(file.path, 0o755);
  return file;
}

/** Where a library is. */
async function libraryOf(name: string): Promise<string> {
  const [path = ""] = (await succeed(`find /usr/lib -path */${name}`))
    .split("\n");
  return path;
}

lab("a full disk under every sink holds nobody up", [
  "curl",
  "hping3",
  "ping",
  "tshark",
], async () => {
  await using disk = await Disk.mount("256k");
  const [log, events, capture] = ["log", "events", "capture.pcapng"]
    .map((name) => `${disk.path}/${name}`);
  await using command = await script(
    `exec ${MASSCANNED} "$@" 1>${log}`,
  );
  {
    await using masscanned = await Masscanned.start(
      `${FOR_OURS} --format json --events ${events} --pcap ${capture}`,
      command.path,
    );
    await using _flood = new Flood();
    await masscanned.says(
      /^WARN - cannot write standard output: .*no space left/,
    );
    await masscanned.says(/^WARN - cannot write "\/.*pcapng": .*no space left/);
    await expectAnswers();
    for (let i = 0; i < 500; i++) {
      await succeed(`curl -sS -o /dev/null http://${OURS}/[1-10]`);
      if (
        masscanned.lines.some((line) => /cannot write .*events"/.test(line))
      ) {
        break;
      }
    }
    await masscanned.says(/^WARN - cannot write ".*events": .*no space left/);
    await expectAnswers();
    await disk.grow("256m");
    for (const name of ["standard output", ".*events", ".*pcapng"]) {
      await masscanned.says(
        new RegExp(`^WARN - "?${name}"? is written again; \\d+ \\w+ were lost`),
      );
    }
    await expectAnswers();
    await masscanned.stop();
    expectLosses(masscanned, /lines of standard output \d/);
  }
  // Nothing on the disk is torn.
  for (const path of [log!, events!]) {
    const lines = (await Deno.readTextFile(path)).split("\n").slice(0, -1);
    ok(lines.length > 0);
    for (const line of lines) JSON.parse(line);
  }
  await succeed(`tshark -r ${capture} -c 1`);
});

// [what becomes of standard output, who reads it, what is said of it]
const READERS: readonly (readonly [string, reader: string, RegExp])[] = [
  [
    "standard output that is closed ends nothing",
    "head -n 5 >/dev/null",
    /^WARN - cannot write standard output: .*pipe/i,
  ],
  [
    "a slow reader loses lines, and holds nobody up",
    "while read -r line; do sleep 0.1; done",
    /^WARN - cannot write standard output: it takes less than there is/,
  ],
];

for (const [name, reader, said] of READERS) {
  lab(name, ["curl", "hping3", "ping"], async () => {
    await using command = await script(
      `exec ${MASSCANNED} "$@" > >(${reader})`,
    );
    await using masscanned = await Masscanned.start(
      `${FOR_OURS} --format json`,
      command.path,
    );
    await using _flood = new Flood();
    await masscanned.says(said);
    await expectAnswers();
    await masscanned.stop();
    expectLosses(masscanned, /lines of standard output \d/);
  });
}

lab("a clock that is set changes nothing but the time of day", [
  "curl",
  "faketime",
  "hping3",
  "ping",
], async () => {
  await using clock = await textFile("+0");
  await using events = await textFile();
  await Deno.chmod(events.path, 0o666);
  const set = async (offset: string): Promise<void> => {
    await Deno.writeTextFile(`${clock.path}.new`, offset);
    await Deno.chmod(`${clock.path}.new`, 0o644);
    await Deno.rename(`${clock.path}.new`, clock.path);
  };
  {
    await using _masscanned = await Masscanned.start(
      `${FOR_OURS} --events ${events.path}`,
      `env LD_PRELOAD=${await libraryOf(
        FAKETIME,
      )} FAKETIME_TIMESTAMP_FILE=${clock.path} ` +
        `FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 ${MASSCANNED}`,
    );
    await using _flood = new Flood();
    for (const offset of ["-1d", "+1d", "-2d"]) {
      using conn = await Deno.connect({ hostname: OURS, port: 80 });
      await conn.write(new TextEncoder().encode("GET / HT"));
      await set(offset);
      await expectAnswers();
      await conn.write(new TextEncoder().encode("TP/1.0\r\n\r\n"));
      match(await new Response(conn.readable).text(), /^HTTP\/1\.1 401 /);
    }
  }
  const conversations = (await Deno.readTextFile(events.path)).trim()
    .split("\n").map((line) => JSON.parse(line))
    .filter(({ event }) => event.action === "tcp_connection");
  const days = conversations.map((event) =>
    Math.round((Date.parse(event["@timestamp"]) - Date.now()) / DAY_MS)
  );
  for (const day of [-1, 1, -2]) ok(days.includes(day), days.join());
  for (const { event } of conversations) {
    ok(event.duration >= 0 && event.duration < 60e9, JSON.stringify(event));
  }
});

lab("SIGHUP in a storm, and with a corrupt configuration, changes nothing", [
  "curl",
  "hping3",
  "ping",
], async () => {
  const good = `iface = "sensor0"\nself-ip-list = ["${OURS}"]\n`;
  await using file = await textFile(good);
  await using masscanned = await Masscanned.start(`--config ${file.path}`);
  await using _flood = new Flood();
  for (const corrupt of ["\0\xff[[", `${good}quite = true`, ""]) {
    await Deno.writeTextFile(file.path, corrupt);
    for (let i = 0; i < 50; i++) masscanned.signal("SIGHUP");
    await expectAnswers();
    await until("the corruption is told", () => {
      const told = masscanned.lines.splice(0);
      return told.some((line) => /everything stays as it was: /.test(line));
    });
  }
  await Deno.writeTextFile(file.path, good);
  masscanned.signal("SIGHUP");
  await masscanned.says(/^WARN - read all files again: /);
  await expectAnswers();
});

lab("workers die under a flood, and others take over", [
  "curl",
  "hping3",
  "ping",
], async () => {
  await using masscanned = await Masscanned.start(
    `${FOR_OURS} --workers 2`,
    MORTAL,
  );
  await using _flood = new Flood();
  for (let i = 0; i < 3; i++) {
    masscanned.lines.length = 0;
    masscanned.signal("SIGUSR2");
    await masscanned.says(/^WARN - .* died, another takes over/);
    await answersAgain(OURS);
  }
  // The last to die may have died since; its pings are answered late.
  await until("no worker is dead", async () => {
    const { stdout } = await run(`ping -c 20 -i 0.1 ${OURS}`);
    return stdout.includes(" 20 received, 0% packet loss");
  });
  await expectAnswers();
  await masscanned.stop();
  expectLosses(masscanned, /workers that died [2-6]\b/);
});

lab("an interface goes down and away under a flood, and comes back", [
  "hping3",
  "ping",
], async () => {
  const there = "198.51.100.20";
  const lay = async (): Promise<void> => {
    await succeed(
      `ip link add cable1 type veth peer name cable0 netns ${SENSOR_NETNS}`,
    );
    await succeed("ip link set cable1 up");
    await succeed("ip address add 198.51.100.1/24 dev cable1");
    await succeed(`${ON_SENSOR} ip link set cable0 up`);
    await succeed(`${ON_SENSOR} ip address add 198.51.100.2/24 dev cable0`);
  };
  await lay();
  try {
    await using masscanned = await Masscanned.start(
      `-i cable0 --self-ip-list ${there}`,
    );
    {
      await using _flood = new Flood(there, "cable1");
      for (let i = 0; i < 3; i++) {
        await succeed(`${ON_SENSOR} ip link set cable0 down`);
        await masscanned.says(/^WARN - interface "cable0" is down/);
        await succeed(`${ON_SENSOR} ip link set cable0 up`);
        await answersAgain(there);
        await masscanned.says(/^WARN - interface "cable0" is up/);
        masscanned.lines.length = 0;
      }
      await succeed("ip link delete cable1");
      await masscanned.says(/^WARN - interface "cable0" is gone/);
    }
    await lay();
    await using _flood = new Flood(there, "cable1");
    await answersAgain(there);
  } finally {
    await run("ip link delete cable1");
  }
});

lab("SIGTERM under a flood ends it with status 0, and all is told", [
  "hping3",
  "ping",
], async () => {
  await using masscanned = await Masscanned.start(FOR_OURS);
  await using _flood = new Flood();
  await succeed(`ping -c 20 -i 0.05 ${OURS}`);
  const { code, signal } = await masscanned.stop();
  deepStrictEqual({ code, signal }, { code: 0, signal: null });
  match(masscanned.lines.join("\n"), /frames answered: .*tcp_syn_ack [\d,]+/);
  match(masscanned.lines.join("\n"), /lost on our side: /);
  await succeed(`${ON_SENSOR} ping -c 1 ${HOST}`);
});
