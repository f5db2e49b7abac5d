import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  FOR_OURS,
  lab,
  Masscanned,
  OURS,
  run,
  runMasscanned,
  succeed,
  until,
} from "./lab.ts";
import { Disk } from "./trouble.ts";

// Enough for any pipe, and for what waits in memory behind it, to be full.
const FLOOD = `ping -q -f -c 4000 ${OURS}`;
const LOST = /^WARN - lost on our side: .*lines of standard output [\d,]+/;

lab(
  "nobody reads the packet log: masscanned answers, and ends when it is told to",
  ["ping"],
  async () => {
    await using masscanned = await startPiped("json");
    match(await succeed(FLOOD), / 0% packet loss/);
    await masscanned.says(
      /^WARN - cannot write standard output: it takes less/,
    );
    match(await succeed(`ping -c 1 ${OURS}`), / 0% packet loss/);
    deepStrictEqual((await masscanned.stop()).code, 0);
    await masscanned.says(LOST);
  },
);

lab(
  "the reader of the packet log is slow: it gets whole lines",
  ["ping"],
  async () => {
    await using masscanned = await startPiped("json");
    await succeed(FLOOD);
    const stopped = masscanned.stop();
    let text = "";
    for await (
      const chunk of masscanned.stdout.pipeThrough(new TextDecoderStream())
    ) text += chunk;
    await stopped;
    const lines = text.split("\n");
    strictEqual(lines.pop(), "");
    ok(lines.length > 100);
    for (const line of lines) JSON.parse(line);
  },
);

lab(
  "the reader of the packet log is gone: masscanned answers",
  ["ping"],
  async () => {
    await using masscanned = await startPiped("console");
    await masscanned.stdout.cancel();
    match(await succeed(`ping -c 3 ${OURS}`), / 0% packet loss/);
    await masscanned.says(/^WARN - cannot write standard output: nobody reads/);
    await masscanned.stop();
    await masscanned.says(LOST);
  },
);

lab(
  "a disk that is full: the capture stays whole, and goes on when there is room",
  [
    "ping",
    "tshark",
  ],
  async () => {
    await using disk = await Disk.mount("512k");
    const path = `${disk.path}/a.pcapng`;
    await using masscanned = await Masscanned.start(
      `${FOR_OURS} --pcap ${path} --pcap-size 1G`,
    );
    await succeed(FLOOD);
    await masscanned.says(/^WARN - cannot write ".*a\.pcapng": no space left/);
    match(await succeed(`ping -c 1 ${OURS}`), / 0% packet loss/);
    const kept = await packets(path);
    ok(kept > 100 && kept < 8000, `${kept} packets`);
    await disk.grow("64m");
    await until(
      "what waited is written",
      async () => await packets(path) > kept,
    );
    await succeed(`ping -c 1 -p ba11a57ed0 ${OURS}`);
    await until("packets are written again", async () => {
      return await packets(path, "data contains ba:11:a5:7e:d0") === 2;
    });
  },
);

lab(
  "a capture that is moved away is begun anew at SIGHUP, and one that is deleted at once",
  [
    "ping",
    "tshark",
  ],
  async () => {
    await using disk = await Disk.mount();
    const path = `${disk.path}/a.pcapng`;
    await using masscanned = await Masscanned.start(
      `${FOR_OURS} --pcap ${path}`,
    );
    await succeed(`ping -c 1 ${OURS}`);
    await until("it is written", async () => await packets(path, "icmp") === 2);
    await Deno.rename(path, `${path}.1`);
    masscanned.signal("SIGHUP");
    await until("there is another", () => exists(path));
    await succeed(`ping -c 1 ${OURS}`);
    await until("it is written", async () => await packets(path, "icmp") === 2);
    strictEqual(await packets(`${path}.1`, "icmp"), 2);
    await Deno.remove(path);
    await succeed(`ping -c 1 ${OURS}`);
    await until("there is another", () => exists(path));
    await until("it is written", async () => await packets(path, "icmp") === 2);
  },
);

lab(
  "SIGHUP puts a capture aside that nobody moved",
  ["ping", "tshark"],
  async () => {
    await using disk = await Disk.mount();
    const path = `${disk.path}/a.pcapng`;
    await using masscanned = await Masscanned.start(
      `${FOR_OURS} --pcap ${path}`,
    );
    await succeed(`ping -c 1 ${OURS}`);
    await until("it is written", async () => await packets(path, "icmp") === 2);
    masscanned.signal("SIGHUP");
    let aside: string | undefined;
    await until("it is put aside", async () => {
      const files = await Array.fromAsync(Deno.readDir(disk.path));
      aside = files.map(({ name }) => name)
        .find((name) => name.startsWith("a-"));
      return aside !== undefined;
    });
    strictEqual(await packets(`${disk.path}/${aside}`, "icmp"), 2);
  },
);

lab(
  "kill -9 leaves a capture that can be read",
  ["ping", "tshark"],
  async () => {
    await using disk = await Disk.mount();
    const path = `${disk.path}/a.pcapng`;
    for (let kept = 0; kept < 3; kept++) {
      const masscanned = await Masscanned.start(`${FOR_OURS} --pcap ${path}`);
      const flood = run(`ping -q -f -w 3 ${OURS}`);
      await until("it is written", async () => await packets(path) > 100);
      await masscanned.stop("SIGKILL");
      await flood;
      await packets(path);
    }
    strictEqual((await Array.fromAsync(Deno.readDir(disk.path))).length, 3);
  },
);

lab(
  "a named pipe that nobody reads yet holds nothing up",
  ["ping", "tshark"],
  async () => {
    await using disk = await Disk.mount();
    const path = `${disk.path}/pipe`;
    await succeed(`mkfifo ${path}`);
    await using _masscanned = await Masscanned.start(
      `${FOR_OURS} --pcap ${path}`,
    );
    await succeed(`ping -c 2 ${OURS}`);
    const said = await succeed(`tshark -n -i ${path} -Y icmp -c 4`);
    match(said, /Echo \(ping\) request .*\n.*Echo \(ping\) reply /);
  },
);

lab(
  "a capture that cannot be written is one line and status 1",
  [],
  async () => {
    const { code, stderr } = await run(
      `${new URL("../../scripts/run.sh", import.meta.url).pathname} ` +
        `-i client0 --pcap /nonexistent/a.pcapng`,
    );
    strictEqual(
      stderr,
      'ERROR - Cannot write "/nonexistent/a.pcapng": its folder does not exist (ENOENT)\n',
    );
    strictEqual(code, 1);
  },
);

for (const others of ["--events -", "--format json", "--ivre -"]) {
  lab(
    `a capture on standard output is refused with ${others}`,
    [],
    async () => {
      const { code, stderr } = await runMasscanned(
        `${FOR_OURS} --pcap - ${others}`,
      );
      strictEqual(
        stderr,
        "ERROR - Cannot write standard output twice. Give each output another " +
          "file; --format always has standard output\n",
      );
      strictEqual(code, 1);
    },
  );
}

/** Starts one whose packet log goes into a pipe. */
function startPiped(format: string): Promise<Masscanned> {
  const args = `${FOR_OURS} --format ${format}`;
  return Masscanned.start(args, undefined, undefined, "piped");
}

/** Counts the packets of a capture; fails if tshark finds fault with it. */
async function packets(path: string, filter = "frame"): Promise<number> {
  const { code, stderr, stdout } = await run(
    `tshark -n -r ${path} -T fields -e frame.number -Y`,
    filter,
  );
  const said = stderr.replace(/^Running as user.*\n/, "");
  deepStrictEqual({ code, said }, { code: 0, said: "" });
  return stdout.split("\n").length - 1;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch {
    return false;
  }
}
