import { deepStrictEqual, match, ok } from "node:assert/strict";
import {
  ALSO_OURS,
  FOR_OURS,
  lab,
  Masscanned,
  ON_SENSOR,
  OURS,
  run,
  runMasscanned,
  succeed,
  textFile,
} from "./lab.ts";

const CAP_NET_RAW = 1 << 13;

// A lab that an ordinary user has made holds no other users to become.
const HAS_USERS = Deno.readTextFileSync("/proc/self/uid_map").includes(
  "4294967295",
);

/** What the kernel says of each thread of a process. */
function threadsOf(pid: number): Map<string, string>[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => {
    const status = Deno.readTextFileSync(`/proc/${pid}/task/${name}/status`);
    return new Map(
      status.trim().split("\n").map((line) => {
        const [key, value] = line.split(/:\s*/, 2);
        return [key!, value!];
      }),
    );
  });
}

/** Expects that no thread has more than it needs; returns the users. */
function expectLittle(pid: number): Set<string> {
  const threads = threadsOf(pid);
  for (const thread of threads) {
    deepStrictEqual(thread.get("NoNewPrivs"), "1", thread.get("Name"));
    deepStrictEqual(thread.get("Seccomp"), "2", thread.get("Name"));
  }
  const worker = threads.find((thread) => thread.get("Name") === "worker-1")!;
  deepStrictEqual(parseInt(worker.get("CapEff")!, 16), 0);
  deepStrictEqual(parseInt(worker.get("CapPrm")!, 16), 0);
  return new Set(threads.map((thread) => thread.get("Uid")!));
}

async function uidOf(name: string): Promise<string> {
  const uid = (await succeed(`id -u ${name}`)).trim();
  return `${uid}\t${uid}\t${uid}\t${uid}`;
}

for (const user of ["nobody", "daemon"]) {
  const option = user === "nobody" ? "" : ` --user ${user}`;
  lab(`started as root, it runs as ${user}`, ["ping"], async () => {
    if (!HAS_USERS) return;
    await using masscanned = await Masscanned.start(`${FOR_OURS} -v${option}`);
    await masscanned.says(
      new RegExp(
        `^INFO - running as ${user}: packet workers keep no capability, the ` +
          `control thread CAP_NET_RAW, the runtime's threads nothing; `,
      ),
    );
    const uids = expectLittle(masscanned.pid);
    deepStrictEqual([...uids], [await uidOf(user)]);
    const able = threadsOf(masscanned.pid)
      .map((thread) => parseInt(thread.get("CapPrm")!, 16))
      .filter((capabilities) => capabilities !== 0);
    deepStrictEqual(able, [CAP_NET_RAW]);
    await succeed(`ping -c 1 ${OURS}`);
  });
}

lab("its worker has no privilege, even where it stays root", [
  "ping",
], async () => {
  await using masscanned = await Masscanned.start(`${FOR_OURS} -v --user root`);
  await masscanned.says(
    /^INFO - running as user 0: packet workers keep no capability, /,
  );
  deepStrictEqual(expectLittle(masscanned.pid).size, 1);
  await succeed(`ping -c 1 ${OURS}`);
});

lab("CAP_NET_RAW alone is enough", ["ping"], async () => {
  const bare = "setpriv --bounding-set=-all,+net_raw --inh-caps=-all";
  await using masscanned = await Masscanned.start(
    `${FOR_OURS} -v`,
    `${bare} ${Deno.execPath()} run --quiet -P --config deno.json main.ts`,
  );
  await masscanned.says(
    /^INFO - running as user 0: packet workers keep no capability, /,
  );
  await succeed(`ping -c 1 ${OURS}`);
});

lab("a user that is missing is one line and status 1", [], async () => {
  const { code, stderr } = await runMasscanned(`${FOR_OURS} --user nemo`);
  deepStrictEqual(
    stderr,
    'ERROR - Cannot become user "nemo": there is none. See: getent passwd\n',
  );
  deepStrictEqual(code, 1);
});

lab("who is not root becomes nobody else", [], async () => {
  const bare = "setpriv --bounding-set=-all,+net_raw --inh-caps=-all";
  const { code, stderr } = await run(
    `${ON_SENSOR} ${bare} ${Deno.execPath()} run --quiet -P --config ` +
      `deno.json main.ts ${FOR_OURS} --user daemon`,
  );
  deepStrictEqual(
    stderr,
    'ERROR - Cannot become user "daemon": only root can. Leave out --user\n',
  );
  deepStrictEqual(code, 1);
});

lab("a list that only root may read is told of", ["ping"], async () => {
  if (!HAS_USERS) return;
  await using file = await textFile(OURS);
  await Deno.chmod(file.path, 0o600);
  await using masscanned = await Masscanned.start(`-i sensor0 -f ${file.path}`);
  await masscanned.says(
    `WARN - SIGHUP will not read "${file.path}" again: nobody may not`,
  );
  await Deno.writeTextFile(file.path, `${OURS}\n${ALSO_OURS}\n`);
  masscanned.signal("SIGHUP");
  await masscanned.says(
    /stays as it was: Cannot read .*[Pp]ermission denied/,
  );
  await succeed(`ping -c 1 ${OURS}`);
  match(masscanned.lines.join("\n"), /answering on sensor0/);
  ok((await run(`ping -c 1 -W 1 ${ALSO_OURS}`)).code !== 0);
});

lab("it stays root for the sake of a file that only root can rotate", [
  "ping",
], async () => {
  if (!HAS_USERS) return;
  const folder = await Deno.makeTempDir();
  try {
    const capture = `${FOR_OURS} --pcap ${folder}/a.pcapng`;
    await using masscanned = await Masscanned.start(capture);
    await masscanned.says(
      `WARN - staying root, for nobody may not write in "${folder}", to open ` +
        `files anew. Try: a folder of nobody's, or --user and who may`,
    );
    await masscanned.stop();
    await Deno.chmod(folder, 0o777);
    await using second = await Masscanned.start(`${capture} -v`);
    await second.says(/^INFO - running as nobody/);
    await succeed(`ping -c 1 ${OURS}`);
    await second.stop();
    const names = await Array.fromAsync(Deno.readDir(folder));
    deepStrictEqual(names.filter(({ name }) => name.startsWith(".")), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
