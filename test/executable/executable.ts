/**
 * What the tests of the executable share. They run in the lab, on the file that
 * `MASSCANNED` names (`deno task executable`).
 *
 * @module
 */

import { deepStrictEqual, match } from "node:assert/strict";
import { lab, MASSCANNED, type Outcome, run, succeed } from "../lab/lab.ts";

/** What `--version` says. */
export const VERSION = /^masscanned \d+\.\d+\.\d+\+\S+ \((?:compiled|packed); /;

/** Whether it unpacks itself, which one made by `deno compile` does not. */
export const IS_PACKED = isScript();

/** Put before a command, runs it as an ordinary user without privileges. */
export const AS_NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups";
const HAS_NOBODY = new Deno.Command("setpriv", {
  args: [...AS_NOBODY.split(" ").slice(1), "true"],
  stderr: "null",
}).outputSync().success;

/** A copy of the executable that everybody can reach, and room beside it. */
export interface Place extends AsyncDisposable {
  /** Path of the folder, whose mode is 755. */
  readonly path: string;
  /** Path of the executable. */
  readonly program: string;
}

/** Makes a place. */
export async function makePlace(): Promise<Place> {
  const path = await Deno.makeTempDir({ prefix: "masscanned-" });
  await Deno.chmod(path, 0o755);
  const program = `${path}/masscanned`;
  await Deno.copyFile(MASSCANNED, program);
  return {
    path,
    program,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** Registers a test of what only a packed executable does. */
export function packed(
  name: string,
  test: (place: Place) => Promise<void>,
): void {
  if (!IS_PACKED) return;
  lab(name, ["gzip"], async () => {
    await using place = await makePlace();
    await test(place);
  });
}

/** Registers a test that needs another user than its own. */
export function withNobody(
  name: string,
  test: (place: Place) => Promise<void>,
  clients: readonly string[] = [],
): void {
  if (!HAS_NOBODY) {
    Deno.test({
      name: `${name} (left out: only root may become another user)`,
      ignore: true,
      fn: () => {},
    });
    return;
  }
  lab(name, clients, async () => {
    await using place = await makePlace();
    await test(place);
  });
}

/** Makes a folder that belongs to an ordinary user. */
export async function nobodysFolder({ path }: Place): Promise<string> {
  const folder = `${path}/nobodys`;
  await Deno.mkdir(folder);
  await Deno.chown(folder, 65534, 65534);
  return folder;
}

/** Asks for the version, with a folder to unpack into. */
export function start(
  program: string,
  cache: string,
  as = "",
): Promise<Outcome> {
  return run(`env MASSCANNED_CACHE=${cache} ${as} ${program} --version`
    .replaceAll(/ +/g, " "));
}

/** Has it unpack, and finds where. */
export async function unpack(program: string, cache: string): Promise<string> {
  match(
    await succeed(`env MASSCANNED_CACHE=${cache} ${program} --version`),
    VERSION,
  );
  const names = await namesIn(cache);
  deepStrictEqual(names.length, 1, names.join());
  return `${cache}/${names[0]}`;
}

/** Names of what is in a folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
}

/** Expects one line for the operator, and status 1. */
export function expectOneLine(outcome: Outcome, says: RegExp): void {
  const { code, stdout, stderr } = outcome;
  deepStrictEqual({ code, stdout }, { code: 1, stdout: "" }, stderr);
  match(stderr, /^masscanned: [^\n]+\n$/);
  match(stderr, says);
}

/** Whether the executable begins with a script. */
function isScript(): boolean {
  using file = Deno.openSync(MASSCANNED);
  const mark = new Uint8Array(2);
  file.readSync(mark);
  return new TextDecoder().decode(mark) === "#!";
}
