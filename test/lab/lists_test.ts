import { deepStrictEqual, match } from "node:assert/strict";
import { HOST, lab, Masscanned, run, succeed, textFile } from "./lab.ts";

const COUNT = 65_536;
// Every other address of 198.18.0.0/15, so that none can be joined to another.
const OWN = Array.from(
  { length: COUNT },
  (_, i) => `198.${18 + (i >> 15)}.${i >> 7 & 255}.${2 * (i & 127)}`,
);
// 100,000 /24s, every other one from 10.0.0.0 on, and then the client's.
const DENIED = Array.from(
  { length: 100_000 },
  (_, i) => `${10 + (i >> 15)}.${i >> 7 & 255}.${2 * (i & 127)}.0/24`,
);
const ROUTE = "ip route replace 198.18.0.0/15 dev client0";

lab("65,536 addresses and 100,000 denied networks are obeyed to the letter", [
  "ping",
], async () => {
  await using own = await textFile(...OWN);
  await using denied = await textFile(...DENIED, "203.0.113.7/32");
  await succeed(ROUTE);
  await succeed("ip address add 203.0.113.7/32 dev client0");
  try {
    await using masscanned = await Masscanned.start(
      `-i sensor0 -f ${own.path} --remote-ip-deny-file ${denied.path}`,
    );
    await masscanned.says(/ for 65536 addresses$/);
    for (const address of [OWN[0]!, OWN[4711]!, OWN[COUNT - 1]!]) {
      match(await succeed(`ping -c 1 -w 10 ${address}`), / 1 received/);
      const { code } = await run(
        `ping -c 1 -W 1 -I 203.0.113.7 ${address}`,
      );
      deepStrictEqual(code, 1, `denied, to ${address}`);
    }
    for (const address of ["198.18.0.1", "198.19.255.255"]) {
      deepStrictEqual((await run(`ping -c 1 -W 1 ${address}`)).code, 1);
    }
    match(await succeed(`ping -c 1 ${HOST}`), / 1 received/);
  } finally {
    await succeed("ip address delete 203.0.113.7/32 dev client0");
    await succeed("ip route delete 198.18.0.0/15 dev client0");
  }
});
