import { deepStrictEqual, ok } from "node:assert/strict";
import { lab, MAC, Masscanned, OURS, OURS_6, succeed, until } from "./lab.ts";

// What tshark must not find. The clients' own checksums are not looked at:
// their kernel leaves them to a network card that is not there.
const FAULTS = [
  "_ws.malformed",
  `eth.src == ${MAC} && ip.checksum.status == 0`,
  `eth.src == ${MAC} && icmp.checksum.status == 0`,
  `eth.src == ${MAC} && icmpv6.checksum.status == 0`,
  `eth.src == ${MAC} && tcp.checksum.status == 0`,
  "tcp.analysis.retransmission || tcp.analysis.spurious_retransmission",
  "tcp.analysis.ack_lost_segment || tcp.analysis.lost_segment",
  "tcp.analysis.out_of_order || tcp.analysis.duplicate_ack",
  "tcp.analysis.zero_window || tcp.analysis.window_full",
  "tcp.flags.reset == 1",
];
const TSHARK = "tshark -n -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE";

lab("tshark finds no fault with our frames", [
  "curl",
  "dumpcap",
  "ping",
  "tshark",
], async () => {
  await using _masscanned = await Masscanned.start();
  const file = await Deno.makeTempFile({ suffix: ".pcapng" });
  try {
    await capture(file, async () => {
      for (const address of [OURS, OURS_6]) {
        await succeed(`ping -c 1 ${address}`);
      }
      for (const url of [`http://${OURS}/`, `http://[${OURS_6}]/`]) {
        await succeed(`curl -sS --max-time 60 ${url} ${url}again`);
      }
    });
    const ours = await frames(file, `eth.src == ${MAC} && tcp.len > 0`);
    ok(ours.length >= 4, ours.join("\n"));
    for (const fault of FAULTS) {
      deepStrictEqual(await frames(file, fault), [], fault);
    }
  } finally {
    await Deno.remove(file);
  }
});

/** Records the frames of the clients' side while something happens. */
async function capture(
  file: string,
  happening: () => Promise<void>,
): Promise<void> {
  const recorder = new Deno.Command("dumpcap", {
    args: ["-q", "-i", "client0", "-w", file],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await until("dumpcap records", () => Deno.statSync(file).size > 0);
  try {
    await happening();
    // Time for the end of the last connection to reach the file.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  } finally {
    recorder.kill("SIGINT");
    await recorder.status;
  }
}

/** Lines of tshark's about the frames that a filter lets through. */
async function frames(file: string, filter: string): Promise<string[]> {
  const said = await succeed(`${TSHARK} -r ${file} -Y`, filter);
  return said.split("\n").filter((line) => line !== "");
}
