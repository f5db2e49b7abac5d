/**
 * What a hostile network does to a sensor, all of it at once: floods, scans,
 * forged and broken frames, and clients that mean to tie it down.
 *
 * @module
 */

import { MAC, OURS, OURS_6 } from "../lab/lab.ts";
import type { ForgerJob } from "./forger.ts";

const IFACE = "client0";
const SYNS_A_SECOND = 1000;
const PROBES_A_SECOND = 500;
const FORGED_A_SECOND = 1000;
const DRIBBLERS = 200;
const GLUTTONS = 40;
const DRIBBLE_MS = 2000;

/** Programs that scan and flood, one after the other and again. */
const PROGRAMS: readonly (readonly string[])[] = [
  [
    `hping3 -q -I ${IFACE} --syn --rand-source -p ++1 ` +
    `-i u${1e6 / SYNS_A_SECOND} ${OURS}`,
  ],
  [
    `masscan --adapter ${IFACE} --source-ip 192.0.2.50 --wait 0 ` +
    `--router-mac ${MAC.replaceAll(":", "-")} --rate ${PROBES_A_SECOND} ` +
    `-p0-65535,U:0-65535 ${OURS}`,
  ],
  [
    `nmap -n -Pn -sV --version-light -p 22,53,80,111,445 ${OURS}`,
    `nmap -n -Pn -O -p 80,81 ${OURS}`,
    `nmap -n -Pn -6 -sT -p 1-1000 ${OURS_6}`,
    `nmap -n -Pn -sU --max-retries 0 -p 53,111,123,161,3478 ${OURS}`,
    `nmap -n -Pn -sF -f -p 1-100 ${OURS}`,
  ],
];

/** In words, for the report. */
export const LOADS: readonly string[] = [
  `a flood of ${SYNS_A_SECOND} SYNs a second from forged addresses (hping3)`,
  `masscan over all TCP and UDP ports, ${PROBES_A_SECOND} probes a second`,
  `nmap: versions, operating system, IPv6, UDP, fragments, in turn`,
  `${FORGED_A_SECOND} forged requests a second of all protocols, one in four broken`,
  `${DRIBBLERS} clients that say an octet every ${
    DRIBBLE_MS / 1000
  } s, for ever`,
  `${GLUTTONS} clients that ask and never read`,
];

/**
 * Starts all of it.
 *
 * @param signal Ends it.
 * @param seed Seed of what is random in it.
 * @returns Settled when all has ended.
 */
export async function attack(
  signal: AbortSignal,
  seed: number,
): Promise<void> {
  await Promise.all([
    ...PROGRAMS.map((commands) => repeat(commands, signal)),
    forge(signal, seed),
    ...Array.from({ length: DRIBBLERS }, () => beClient(dribble, signal)),
    ...Array.from({ length: GLUTTONS }, () => beClient(devour, signal)),
  ]);
}

/** Runs programs in turn, again and again. */
async function repeat(
  commands: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const [program, ...args] = commands[i % commands.length]!.split(" ");
    const child = new Deno.Command(program!, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const end = (): void => child.kill("SIGKILL");
    signal.addEventListener("abort", end);
    const { code } = await child.status;
    signal.removeEventListener("abort", end);
    if (code !== 0 && !signal.aborted) await pause(1000);
  }
}

/** Sends forged frames from a thread of its own. */
async function forge(signal: AbortSignal, seed: number): Promise<void> {
  const forger = new Worker(import.meta.resolve("./forger.ts"), {
    type: "module",
  });
  const job: ForgerJob = {
    iface: IFACE,
    mac: MAC,
    rate: FORGED_A_SECOND,
    seed,
  };
  forger.postMessage(job);
  await new Promise<void>((resolve, reject) => {
    forger.onerror = reject;
    signal.addEventListener("abort", () => {
      forger.terminate();
      resolve();
    });
  });
}

/** What a client does until it is thrown out. */
type Conduct = (conn: Deno.Conn, signal: AbortSignal) => Promise<void>;

/** Connects, misbehaves, and comes again when it is thrown out. */
async function beClient(conduct: Conduct, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(Math.random() * DRIBBLE_MS);
    const port = 1 + Math.floor(Math.random() * 65_535);
    try {
      using conn = await Deno.connect({ hostname: OURS, port });
      await conduct(conn, signal);
    } catch (error) {
      if (!(error instanceof Error)) throw error; // reset, refused, timed out
    }
  }
}

/** Says the head of a request that never ends, one octet at a time. */
async function dribble(conn: Deno.Conn, signal: AbortSignal): Promise<void> {
  const head = new TextEncoder().encode("GET / HTTP/1.1\r\nX-Header: ");
  for (let i = 0; !signal.aborted; i++) {
    await conn.write(
      head.subarray(Math.min(i, head.length - 1)).subarray(0, 1),
    );
    await pause(DRIBBLE_MS);
  }
}

/** Asks as fast as it is let, and reads nothing. */
async function devour(conn: Deno.Conn, signal: AbortSignal): Promise<void> {
  const asked = new TextEncoder().encode(
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(8),
  );
  while (!signal.aborted) {
    await Promise.race([
      conn.write(asked),
      pause(30_000).then(() => {
        throw new Error("stuck, as meant");
      }),
    ]);
    await pause(20);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
