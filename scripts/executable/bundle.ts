/**
 * Bundles the program: `main.mjs`, a file for each of its workers, and the
 * `deno.json` that says what it may do.
 *
 *     deno run -A bundle.ts SOURCE PROGRAM STAMP
 *
 * SOURCE is a copy of the sources, to be changed at will; PROGRAM, the folder
 * to write to; STAMP goes into the version, as Semantic Versioning's build
 * metadata. The same sources make the same octets, wherever they are.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";

/** How the source names what is loaded at run time. */
const LOADED = /new URL\("(\.[^"]+)\.ts", import\.meta\.url\)/g;
/** What no bundle may hold: a file named that is not in it. */
const FORGOTTEN = /import\.meta\.(?!url\))|new URL\("[^"]*(?<!\.mjs)", import/;
/** Where the libraries were when they were bundled. */
const CACHE = /(?:\.\.\/)+[^\s"]*?\/npm\/[^\s"/]+\//g;

const [source, program, stamp] = Deno.args;
if (source === undefined || program === undefined || stamp === undefined) {
  throw new TypeError("Cannot bundle: need SOURCE, PROGRAM and STAMP");
}

const config = JSON.parse(Deno.readTextFileSync(`${source}/deno.json`));
const { permissions } = config;
config.version += `+${stamp}`;
Deno.writeTextFileSync(`${source}/deno.json`, JSON.stringify(config));

const entries = ["main.ts"];
for (const path of filesBelow(source)) {
  const text = Deno.readTextFileSync(path).replaceAll(
    LOADED,
    (_, specifier: string) => {
      entries.push(join(dirname(path), `${specifier}.ts`));
      return `new URL("./${basename(specifier)}.mjs", import.meta.url)`;
    },
  );
  Deno.writeTextFileSync(path, text);
}

Deno.mkdirSync(program, { recursive: true });
for (const entry of entries) {
  const output = join(program, basename(entry).replace(/\.ts$/, ".mjs"));
  const { stderr, success } = new Deno.Command(Deno.execPath(), {
    args: `bundle --quiet --frozen --platform deno --output`
      .split(" ").concat(output, entry),
    cwd: source,
    stdin: "null",
  }).outputSync();
  if (!success) {
    // Deno fetches what bundles, esbuild, when it is asked for the first time.
    Deno.stderr.writeSync(stderr);
    Deno.exit(1);
  }
  const text = Deno.readTextFileSync(output).replaceAll(CACHE, "npm/");
  const forgotten = FORGOTTEN.exec(text);
  if (forgotten) throw new Error(`"${entry}" still has: ${forgotten[0]}`);
  Deno.writeTextFileSync(output, text);
}
const allowed = JSON.stringify({ permissions }, null, 2) + "\n";
Deno.writeTextFileSync(`${program}/deno.json`, allowed);

/** TypeScript files in a folder and those in it. */
function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else if (name.endsWith(".ts")) yield path;
  }
}
