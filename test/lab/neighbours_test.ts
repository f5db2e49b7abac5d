import { deepStrictEqual, match } from "node:assert/strict";
import {
  lab,
  MAC,
  Masscanned,
  OURS,
  OURS_6,
  run,
  succeed,
  until,
} from "./lab.ts";

const ARPING = "arping -c 1 -w 10 -I client0";
const OUR_REPLY = new RegExp(`reply from ${OURS} \\[${MAC}\\]`, "i");

lab("arping finds our hardware address", ["arping"], async () => {
  await using masscanned = await Masscanned.start();
  match(await succeed(`${ARPING} ${OURS}`), OUR_REPLY);
  const { mac } = Deno.networkInterfaces()
    .find(({ name }) => name === "client0")!;
  await masscanned.says(`WARN - ARP-Reply to ${mac} for IP ${OURS}`);
});

lab("an ARP probe (RFC 5227) is answered", ["arping"], async () => {
  await using _masscanned = await Masscanned.start();
  const { code, stdout } = await run(`${ARPING} -D ${OURS}`);
  match(stdout, OUR_REPLY);
  deepStrictEqual(code, 1);
});

lab("without -m the interface's own address is ours", ["arping"], async () => {
  await using masscanned = await Masscanned.start(
    `-i sensor0 --self-ip-list ${OURS}`,
  );
  const said = await succeed(`${ARPING} ${OURS}`);
  const [, mac] = /\[([0-9A-F:]{17})\]/.exec(said)!;
  await masscanned.says(
    `WARN - answering on sensor0 as ${mac!.toLowerCase()} for 1 address`,
  );
});

lab("ndisc6 finds our hardware address", ["ndisc6"], async () => {
  await using masscanned = await Masscanned.start();
  const said = await succeed(`ndisc6 -1 ${OURS_6} client0`);
  match(said, new RegExp(`address: ${MAC}`, "i"));
  await masscanned.says(/^WARN - ND-NA to ND-NS for /);
});

lab("the kernel finds us reachable", ["ping"], async () => {
  await using _masscanned = await Masscanned.start();
  for (const address of [OURS, OURS_6]) {
    await succeed(`ping -c 1 ${address}`);
    const said = await succeed(`ip neighbour show ${address}`);
    match(said, new RegExp(`lladdr ${MAC} (REACHABLE|DELAY|STALE|PROBE)`));
  }
});

lab("who takes an IPv6 address of ours is told of it", [], async () => {
  await using _masscanned = await Masscanned.start();
  const taken = `${OURS_6}/128 dev client0`;
  await succeed(`ip address add ${taken}`);
  try {
    await until("duplicate address detection has failed", async () => {
      return (await succeed("ip address show client0")).includes("dadfailed");
    });
  } finally {
    await succeed(`ip address delete ${taken}`);
  }
});
