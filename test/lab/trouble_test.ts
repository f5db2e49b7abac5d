import { deepStrictEqual, match } from "node:assert/strict";
import {
  lab,
  Masscanned,
  ON_SENSOR,
  OURS,
  run,
  runMasscanned,
  succeed,
  until,
} from "./lab.ts";

lab("masscanned goes on when its interface was down", ["ping"], async () => {
  await using masscanned = await Masscanned.start();
  await succeed(`${ON_SENSOR} ip link set sensor0 down`);
  try {
    await masscanned.says(/^WARN - interface "sensor0" is down/);
  } finally {
    await succeed(`${ON_SENSOR} ip link set sensor0 up`);
  }
  await until("masscanned answers again", async () => {
    return (await run(`ping -c 1 -W 1 ${OURS}`)).code === 0;
  });
  await masscanned.says('WARN - interface "sensor0" is up');
});

lab(
  "an interface that goes away is one more line and status 1",
  [],
  async () => {
    await succeed(`${ON_SENSOR} ip link add gone0 type veth peer name gone1`);
    await succeed(`${ON_SENSOR} ip link set gone0 up`);
    const outcome = runMasscanned(
      `-q -i gone0 -m 02:00:5e:10:00:fc --self-ip-list ${OURS}`,
    );
    await until("masscanned listens", async () => {
      const link = await succeed(`${ON_SENSOR} ip -d link show gone0`);
      return link.includes("promiscuity 1");
    });
    await succeed(`${ON_SENSOR} ip link delete gone0`);
    const { code, stderr } = await outcome;
    match(stderr, /^ERROR - Interface "gone0" is gone\n$/);
    deepStrictEqual(code, 1);
  },
);
