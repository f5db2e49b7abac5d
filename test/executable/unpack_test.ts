import { deepStrictEqual, match, ok } from "node:assert/strict";
import { run, succeed } from "../lab/lab.ts";
import {
  AS_NOBODY,
  expectOneLine,
  namesIn,
  nobodysFolder,
  packed,
  type Place,
  start,
  unpack,
  VERSION,
  withNobody,
} from "./executable.ts";

const ELSEWHERE = /MASSCANNED_CACHE=FOLDER/;

packed("it unpacks once", async ({ path, program }) => {
  const folder = await unpack(program, `${path}/cache`);
  const before = await Deno.stat(folder);
  await unpack(program, `${path}/cache`);
  deepStrictEqual((await Deno.stat(folder)).ino, before.ino);
});

packed("several first starts at once all succeed", async (place) => {
  const starts = Array.from(
    { length: 4 },
    () => start(place.program, `${place.path}/cache`),
  );
  for (const { code, stdout, stderr } of await Promise.all(starts)) {
    deepStrictEqual({ code, stderr }, { code: 0, stderr: "" });
    match(stdout, VERSION);
  }
  await unpack(place.program, `${place.path}/cache`); // which finds one folder
});

packed("what was cut short is unpacked again", async ({ path, program }) => {
  const folder = await unpack(program, `${path}/cache`);
  await Deno.truncate(`${folder}/main.mjs`, 1000);
  await unpack(program, `${path}/cache`);
});

packed("a link in place of a file is replaced", async ({ path, program }) => {
  const folder = await unpack(program, `${path}/cache`);
  await Deno.rename(`${folder}/main.mjs`, `${path}/main.mjs`);
  await Deno.symlink(`${path}/main.mjs`, `${folder}/main.mjs`);
  await unpack(program, `${path}/cache`);
  ok((await Deno.lstat(`${folder}/main.mjs`)).isFile);
});

packed("it unpacks below the user's folder", async ({ path, program }) => {
  for (
    const [variables, cache] of [
      [`HOME=${path}/home`, "home/.cache/masscanned"],
      [`HOME=/ XDG_CACHE_HOME=${path}/xdg`, "xdg/masscanned"],
    ]
  ) {
    // As somebody who is not root, in a user namespace if need be.
    const as = (await run(`${AS_NOBODY} true`)).code === 0
      ? AS_NOBODY
      : "unshare --user --map-user=1000";
    await Deno.chmod(path, 0o1777);
    await succeed(`env ${variables} ${as} ${program} --version`);
    ok((await Deno.stat(`${path}/${cache}`)).isDirectory);
  }
});

// What an operator may have: a disk of this sort where it is to unpack.
const DISKS: Record<string, [options: string, says: RegExp]> = {
  "a read-only disk": ["ro", /cannot write in "[^"]*cache"/],
  "a full disk": ["size=20m", /No space left on device.* MB/],
  "a disk mounted noexec": ["noexec", /noexec/],
};

for (const [disk, [options, says]] of Object.entries(DISKS)) {
  packed(`${disk} is one line and status 1`, async ({ path, program }) => {
    const cache = `${path}/cache`;
    await Deno.mkdir(cache);
    await succeed(`mount -t tmpfs -o ${options} tmpfs ${cache}`);
    try {
      const outcome = await start(program, cache);
      expectOneLine(outcome, says);
      expectOneLine(outcome, ELSEWHERE);
      deepStrictEqual(await namesIn(cache), []);
    } finally {
      await succeed(`umount ${cache}`);
    }
  });
}

packed("a disk mounted noexec later is, too", async ({ path, program }) => {
  const cache = `${path}/cache`;
  await Deno.mkdir(cache);
  await succeed(`mount -t tmpfs tmpfs ${cache}`);
  try {
    await unpack(program, cache);
    await succeed(`mount -o remount,noexec ${cache}`);
    expectOneLine(await start(program, cache), /noexec/);
  } finally {
    await succeed(`umount ${cache}`);
  }
});

packed("a file cut short is one line and status 1", async (place) => {
  const { path, program } = place;
  const { size } = await Deno.stat(program);
  await Deno.truncate(program, size >> 1);
  expectOneLine(
    await start(program, `${path}/cache`),
    /unexpected end of file.* a whole copy of this file/,
  );
  deepStrictEqual(await namesIn(`${path}/cache`), []);
});

packed("a folder that was removed is one line and status 1", async (place) => {
  const folder = await Deno.makeTempDir({ dir: place.path });
  const { code, stderr } = await run(
    "sh -c",
    `cd ${folder} && rmdir ${folder} && exec ${place.program} --version`,
  );
  deepStrictEqual(code, 1);
  // The shell that reads the script has its own say about it first.
  match(stderr, /\nmasscanned: cannot run in a folder that was removed: .*\n$/);
});

withNobody("nobody without HOME is one line and status 1", async (place) => {
  const outcome = await run(
    `env -u HOME -u XDG_CACHE_HOME ${AS_NOBODY} ${place.program} --version`,
  );
  expectOneLine(outcome, ELSEWHERE);
});

withNobody(
  "HOME as sudo leaves it is not taken for the user's",
  async (place) => {
    const { path, program } = place;
    const home = `${path}/home`;
    const user = `nobody:x:65534:65534::${home}:/bin/sh\n`;
    await Deno.writeTextFile(`${path}/passwd`, user);
    await Deno.chmod(path, 0o1777);
    await succeed(`mount --bind ${path}/passwd /etc/passwd`);
    try {
      await succeed(`env HOME=/root ${AS_NOBODY} ${program} --version`);
    } finally {
      await succeed("umount /etc/passwd");
    }
    deepStrictEqual((await namesIn(`${home}/.cache/masscanned`)).length, 1);
  },
);

withNobody("what root unpacked serves others", async ({ path, program }) => {
  const folder = await unpack(program, `${path}/cache`);
  const { code, stdout, stderr } = await start(
    program,
    `${path}/cache`,
    AS_NOBODY,
  );
  deepStrictEqual({ code, stderr }, { code: 0, stderr: "" });
  match(stdout, VERSION);
  ok((await Deno.stat(folder)).uid === 0);
});

// What others may have done to the folder that root unpacked into.
const INTRUSIONS: Record<
  string,
  (folder: string, place: Place) => Promise<void>
> = {
  "a folder that everybody can write in": (folder) => Deno.chmod(folder, 0o777),
  "a program that a group can write": (folder) =>
    Deno.chmod(`${folder}/masscanned`, 0o775),
  "a program that is another user's": (folder) =>
    Deno.chown(`${folder}/main.mjs`, 65534, 65534),
  "a folder that is another user's": (folder) =>
    Deno.chown(folder, 65534, 65534),
  "a folder on the way that is another user's": (_, { path }) =>
    Deno.chown(`${path}/cache`, 65534, 65534),
  "a folder on the way that everybody can write in": (_, { path }) =>
    Deno.chmod(path, 0o777),
};

for (const [intrusion, intrude] of Object.entries(INTRUSIONS)) {
  withNobody(`${intrusion} is never run`, async (place) => {
    const { path, program } = place;
    const folder = await unpack(program, `${path}/cache`);
    await intrude(folder, place);
    expectOneLine(await start(program, `${path}/cache`), /will not run/);
  });
}

withNobody("root unpacks nothing where another user rules", async (place) => {
  const cache = await nobodysFolder(place);
  expectOneLine(await start(place.program, cache), /will not run/);
  deepStrictEqual(await namesIn(cache), []);
});
