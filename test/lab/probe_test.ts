import { deepStrictEqual, match } from "node:assert/strict";
import {
  ALSO_OURS,
  HOST,
  lab,
  MAC,
  Masscanned,
  OURS,
  OURS_6,
  runMasscanned,
  succeed,
} from "./lab.ts";

const CLIENT = "192.0.2.1";
const CLIENT_6 = "2001:db8::1";

for (const mac of ["", ` -m ${MAC}`]) {
  for (const taken of [CLIENT, CLIENT_6]) {
    lab(
      `--probe${mac} refuses ${taken}, which a neighbour has`,
      [],
      async () => {
        const said = await succeed("ip link show client0");
        const [, owner] = /ether (\S+)/.exec(said)!;
        const { code, stderr } = await runMasscanned(
          `-q -i sensor0 --probe --self-ip-list ${OURS},${taken},${OURS_6}${mac}`,
        );
        deepStrictEqual(
          stderr,
          `ERROR - Cannot take addresses that are in use: ${taken} is taken by ` +
            `${owner}. Leave them out of the list, or start without --probe\n`,
        );
        deepStrictEqual(code, 1);
      },
    );
  }
}

lab("--probe refuses an address of the host's", [], async () => {
  const { code, stderr } = await runMasscanned(
    `-q -i sensor0 --probe --self-ip-list ${OURS},${HOST}`,
  );
  match(stderr, /^ERROR - .*192\.0\.2\.2 is the host's, on sensor0\. .*\n$/);
  deepStrictEqual(code, 1);
});

lab("--probe takes addresses that nobody has", ["ping"], async () => {
  await using masscanned = await Masscanned.start(
    `-i sensor0 --probe --self-ip-list ${OURS},${OURS_6}`,
  );
  await masscanned.says(
    "WARN - asking on sensor0 whether anybody has 2 addresses",
  );
  await succeed(`ping -c 1 ${OURS}`);
  await succeed(`ping -c 1 ${OURS_6}`);
});

lab("--probe sees who else answers for an address", [], async () => {
  // Of two with the same list, the second has to give way.
  await using _first = await Masscanned.start(
    `-i sensor0 -m ${MAC} --self-ip-list ${ALSO_OURS}`,
  );
  const [program, ...args] = [
    ...`${Deno.execPath()} run --quiet --allow-all main.ts -q -i client0 --probe`
      .split(" "),
    `--self-ip-list=${ALSO_OURS}`,
  ];
  const { code, stderr } = await new Deno.Command(program!, {
    args,
    stderr: "piped",
  }).output();
  match(new TextDecoder().decode(stderr), new RegExp(`taken by ${MAC}`));
  deepStrictEqual(code, 1);
});

lab("--probe without a list is one line and status 1", [], async () => {
  const { code, stderr } = await runMasscanned("-i sensor0 --probe");
  match(stderr, /^ERROR - .*--probe needs a list.*\n$/);
  deepStrictEqual(code, 1);
});
