import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  FOR_OURS,
  lab,
  MASSCANNED,
  Masscanned,
  ON_SENSOR,
  OURS,
  run,
  succeed,
} from "../lab/lab.ts";
import {
  AS_NOBODY,
  IS_PACKED,
  makePlace,
  nobodysFolder,
  type Place,
  unpack,
  VERSION,
  withNobody,
} from "./executable.ts";

lab("it says what it was made from", [], async () => {
  match(await succeed(`${MASSCANNED} --version`), VERSION);
});

// Names of captures that are not there, and how the one line shows them.
const NAMES: readonly [name: string, shown: string][] = [
  ["a b", '"a b"'],
  ["*", '"*"'],
  ["$HOME", '"$HOME"'],
  ["`id`'", '"`id`\'"'],
];

for (const [name, shown] of NAMES) {
  lab(`an argument arrives as it was given: ${name}`, [], async () => {
    const { code, stderr } = await run(MASSCANNED, "replay", name);
    strictEqual(code, 1);
    ok(stderr.includes(`Cannot read ${shown}: `), stderr);
  });
}

lab("a usage error ends with status 2", [], async () => {
  strictEqual((await run(MASSCANNED, "replay", "")).code, 2);
});

lab("what it writes has the mode that the user wants", [], async () => {
  await using place = await makePlace();
  const capture = new URL("../pcap/icmpv4/ping.pcap", import.meta.url).pathname;
  await succeed(
    "sh",
    "-c",
    `umask 077; ${MASSCANNED} replay -q ${capture} -w ${place.path}/out.pcap`,
  );
  strictEqual((await Deno.stat(`${place.path}/out.pcap`)).mode! & 0o777, 0o600);
});

/** Starts it on the sensor's side as an ordinary user, and talks to it. */
async function expectAnswers(
  place: Place,
  privilege: string,
): Promise<void> {
  await using masscanned = await Masscanned.start(
    FOR_OURS,
    `env MASSCANNED_CACHE=${place.path}/cache ${AS_NOBODY} ${privilege}` +
      place.program,
  );
  await succeed(`ping -c 1 ${OURS}`);
  const status = await Deno.readTextFile(`/proc/${masscanned.pid}/status`);
  match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
  match(status, /^CapEff:\t0000000000002000$/m); // CAP_NET_RAW, of bit 13
  match(status, /^Name:\tmasscanned$/m);
}

withNobody("ambient CAP_NET_RAW is all that it needs", async (place) => {
  if (IS_PACKED) await unpack(place.program, `${place.path}/cache`);
  await expectAnswers(
    place,
    "--inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw " +
      "--bounding-set=-all,+net_raw --no-new-privs ",
  );
});

withNobody("CAP_NET_RAW of the unpacked file serves too", async (place) => {
  const file = IS_PACKED
    ? `${await unpack(place.program, `${place.path}/cache`)}/masscanned`
    : place.program;
  await succeed(`setcap cap_net_raw+ep ${file}`);
  await expectAnswers(place, "");
}, ["setcap"]);

withNobody("an ordinary user unpacks what is theirs", async (place) => {
  const folder = await nobodysFolder(place);
  const { code, stdout } = await run(
    `${ON_SENSOR} env HOME=${folder} ${AS_NOBODY} ${place.program} --version`,
  );
  strictEqual(code, 0);
  match(stdout, VERSION);
  if (!IS_PACKED) return;
  deepStrictEqual((await Deno.stat(`${folder}/.cache/masscanned`)).uid, 65534);
});
