import { match } from "node:assert/strict";
import {
  lab,
  MAC,
  Masscanned,
  ON_SENSOR,
  run,
  SENSOR_NETNS,
  succeed,
  until,
} from "./lab.ts";

const PEER = "198.51.100.1"; // on a second cable
const HOST = "198.51.100.2";
const THERE = "198.51.100.20";
const ON_CABLE = `-i cable0 --self-ip-list ${THERE}`;

/** Lays a second cable between the two sides. */
async function layCable(): Promise<void> {
  await succeed(
    `ip link add cable1 type veth peer name cable0 netns ${SENSOR_NETNS}`,
  );
  await succeed("ip link set cable1 up");
  await succeed(`ip address add ${PEER}/24 dev cable1`);
  await succeed(`${ON_SENSOR} ip link set cable0 up`);
  await succeed(`${ON_SENSOR} ip address add ${HOST}/24 dev cable0`);
}

/** A second cable that goes away with the test. */
async function cable(): Promise<AsyncDisposable> {
  await layCable();
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      await succeed("ip link delete cable1");
    },
  };
}

function answersAgain(address: string): Promise<void> {
  return until("masscanned answers again", async () => {
    return (await run(`ping -c 1 -W 1 ${address}`)).code === 0;
  });
}

lab("masscanned goes on when its interface was down", ["ping"], async () => {
  await using _cable = await cable();
  await using masscanned = await Masscanned.start(ON_CABLE);
  await succeed(`${ON_SENSOR} ip link set cable0 down`);
  await masscanned.says(
    'WARN - interface "cable0" is down; waiting for it to come up',
  );
  await succeed(`${ON_SENSOR} ip link set cable0 up`);
  await answersAgain(THERE);
  await masscanned.says('WARN - interface "cable0" is up');
});

lab("an interface that comes back is answered on again", ["ping"], async () => {
  await using _cable = await cable();
  await using masscanned = await Masscanned.start(ON_CABLE);
  await succeed(`ping -c 1 ${THERE}`);
  await succeed("ip link delete cable1");
  await masscanned.says(
    'WARN - interface "cable0" is gone; waiting for it to come back',
  );
  await layCable();
  await answersAgain(THERE);
  await masscanned.says('WARN - interface "cable0" is back');
});

lab("an interface keeps being answered on by another name", [
  "ping",
], async () => {
  await using _cable = await cable();
  await using masscanned = await Masscanned.start(ON_CABLE);
  await succeed(`${ON_SENSOR} ip link set cable0 name rope0`);
  await masscanned.says('WARN - interface "cable0" is called "rope0" now');
  await succeed(`ping -c 1 ${THERE}`);
  await succeed("ip link delete cable1");
  await masscanned.says(/^WARN - interface "rope0" is gone/);
  await layCable();
  await answersAgain(THERE);
});

lab("another hardware address is ours from then on", ["arping"], async () => {
  await using _cable = await cable();
  await using masscanned = await Masscanned.start(ON_CABLE);
  await succeed(`${ON_SENSOR} ip link set cable0 address ${MAC}`);
  await masscanned.says(
    `WARN - interface "cable0" has the hardware address ${MAC} now`,
  );
  await until("masscanned answers with it", async () => {
    const { stdout } = await run(`arping -c 1 -w 1 -I cable1 ${THERE}`);
    return stdout.toLowerCase().includes(MAC);
  });
});

lab("a larger MTU lets larger pings be answered", ["ping"], async () => {
  await using _cable = await cable();
  await using masscanned = await Masscanned.start(ON_CABLE);
  await succeed("ip link set cable1 mtu 4000");
  await succeed(`${ON_SENSOR} ip link set cable0 mtu 4000`);
  await masscanned.says('WARN - interface "cable0" has the MTU 4000 now');
  await until("masscanned answers them", async () => {
    return (await run(`ping -c 1 -W 1 -s 3900 ${THERE}`)).code === 0;
  });
});

lab("without a list, an address that the host takes is let go", [
  "arping",
], async () => {
  await using _cable = await cable();
  await using masscanned = await Masscanned.start(`-i cable0 -m ${MAC}`);
  const ask = `arping -c 2 -w 10 -I cable1 ${THERE}`;
  match((await run(ask)).stdout.toLowerCase(), new RegExp(MAC));
  await succeed(`${ON_SENSOR} ip address add ${THERE}/24 dev cable0`);
  await masscanned.says(/^WARN - the host's addresses .* have changed/);
  await until("only the host answers for it", async () => {
    const { stdout } = await run(ask);
    return / from .*\[/.test(stdout) && !stdout.toLowerCase().includes(MAC);
  });
});
