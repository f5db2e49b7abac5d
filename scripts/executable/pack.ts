/**
 * Packs a Deno and the bundled program into one self-extracting executable.
 *
 *     deno run -A pack.ts DENO PROGRAM MACHINE OUTPUT
 *
 * ```text
 *  +---------+------------------+---------------+- … -+
 *  | head.sh | gzip(masscanned) | gzip(main.mjs)|     |
 *  +---------+------------------+---------------+- … -+
 *   a script   Deno               every file of PROGRAM
 * ```
 *
 * Packing is by the zlib within Deno, whose version is pinned: the same files
 * make the same octets.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

const CONTENTS_LEN = 32; // hexadecimal digits
const OFFSET_WIDTH = 10; // digits: the head is as long whatever it says

const [deno, program, machine, output] = Deno.args;
if (
  deno === undefined || program === undefined || machine === undefined ||
  output === undefined
) {
  throw new TypeError("Cannot pack: need DENO, PROGRAM, MACHINE and OUTPUT");
}

const names = Array.from(Deno.readDirSync(program), ({ name }) => name).sort();
const files = [
  { name: "masscanned", mode: "755", octets: Deno.readFileSync(deno) },
  ...names.map((name) => ({
    name,
    mode: "644",
    octets: Deno.readFileSync(`${program}/${name}`),
  })),
].map((file) => ({ ...file, packed: gzipSync(file.octets, { level: 9 }) }));
const neededLen = files.reduce((sum, { octets }) => sum + octets.length, 0);

const template = Deno.readTextFileSync(
  new URL("./head.sh", import.meta.url),
);
const hash = createHash("sha256");
for (const { octets } of files) hash.update(octets);
const contents = hash.digest("hex").slice(0, CONTENTS_LEN);

const length = new TextEncoder().encode(head(0)).length;
Deno.writeTextFileSync(output, head(length), { mode: 0o755 });
for (const { packed } of files) {
  Deno.writeFileSync(output, packed, { append: true });
}

/** The script in front, `length` octets of it. */
function head(length: number): string {
  let start = length + 1;
  const rows = files.map(({ name, mode, packed }) => {
    const at = String(start).padStart(OFFSET_WIDTH);
    start += packed.length;
    return `${name} ${mode} ${at} ${packed.length}`;
  });
  const values: Record<string, string> = {
    CONTENTS: contents,
    PACKED: rows.join("\n"),
    UNPACKED: files.map(({ name, octets }) => `${name} ${octets.length}`)
      .join("\n"),
    NAMES: files.map(({ name }) => name).join(" "),
    NEEDED: String(Math.ceil(neededLen / 1e6)),
    MACHINE: machine!,
  };
  return template.replaceAll(/@([A-Z]+)@/g, (_, name) => values[name]!);
}
