import { doesNotMatch, match, ok } from "node:assert/strict";
import {
  ALSO_OURS,
  lab,
  Masscanned,
  OURS,
  OURS_6,
  run,
  succeed,
} from "./lab.ts";

lab("ping gets its octets back, over IPv4 and IPv6", ["ping"], async () => {
  await using _masscanned = await Masscanned.start();
  for (const address of [OURS, ALSO_OURS, OURS_6]) {
    // None, the usual number, an odd one, and as many as a frame takes.
    for (const octets of [0, 56, 57, 1452]) {
      const said = await succeed(`ping -c 3 -i 0.01 -s ${octets} ${address}`);
      match(said, / 3 received, 0% packet loss/);
      doesNotMatch(said, /wrong data|DUP/);
    }
  }
});

lab("a ping is told of in the original's words", ["ping"], async () => {
  await using masscanned = await Masscanned.start();
  await succeed(`ping -c 1 ${OURS}`);
  await masscanned.says("WARN - ICMP-Echo-Reply to ICMP-Echo-Request");
  await succeed(`ping -c 1 ${OURS_6}`);
  await masscanned.says("WARN - ICMPv6-Echo-Reply to ICMPv6-Echo-Request");
});

lab("a flood of pings loses nothing and is summed up", ["ping"], async () => {
  await using masscanned = await Masscanned.start();
  const said = await succeed(`ping -f -q -c 2000 ${OURS}`);
  match(said, / 2000 received, 0% packet loss/);
  await masscanned.stop();
  const { length } = masscanned.lines;
  ok(length < 200, `${length} lines`);
});

lab("a ping in fragments is left unanswered", ["ping"], async () => {
  await using masscanned = await Masscanned.start();
  for (const address of [OURS, OURS_6]) {
    const { stdout } = await run(`ping -c 2 -i 0.1 -W 1 -s 3000 ${address}`);
    match(stdout, / 0 received/);
  }
  await masscanned.stop();
  doesNotMatch(masscanned.lines.join("\n"), /Echo-Reply/);
});
