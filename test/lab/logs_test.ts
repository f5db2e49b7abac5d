/**
 * Logs of Zeek and records for IVRE where they are written: moved away, on a
 * disk that is full, cut short.
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  CONN,
  PASSIVE_RECON,
  readColumns,
  readJson,
  type Row,
} from "../zeek_logs.ts";
import {
  FOR_OURS,
  lab,
  Masscanned,
  ON_SENSOR,
  OURS,
  succeed,
  textFile,
  until,
} from "./lab.ts";
import { Disk, Flood } from "./trouble.ts";

const METRICS = "127.0.0.1:9100";

/** A log and who judges it. */
interface Kind {
  readonly name: string;
  readonly file: string;
  /** Options that ask for it in a folder. */
  readonly options: (folder: string) => string;
  /** Reads the text of a file; fails if there is a fault in it. */
  readonly read: (text: string) => Row[];
  /** Whether a line is about a page that was asked for. */
  readonly isOfPage: (row: Row) => boolean;
}

const KINDS: readonly Kind[] = [
  {
    name: "conn.log in columns",
    file: "conn.log",
    options: (folder) => `--zeek ${folder}`,
    read: (text) => readColumns(text, CONN),
    isOfPage: ({ service }) => service === "http",
  },
  {
    name: "conn.log in JSON",
    file: "conn.log",
    options: (folder) => `--zeek ${folder} --zeek-format json`,
    read: (text) => readJson(text, CONN),
    isOfPage: ({ service }) => service === "http",
  },
  {
    name: "records for IVRE",
    file: "passive_recon.log",
    options: (folder) => `--ivre ${folder}/passive_recon.log`,
    read: (text) => readColumns(text, PASSIVE_RECON),
    isOfPage: (row) =>
      row["recon_type"] === "PassiveRecon::HTTP_HONEYPOT_REQUEST",
  },
];

/** Asks for a page. */
async function askForPage(): Promise<void> {
  const page = "-sS --max-time 60 -o /dev/null -w %{http_code}";
  strictEqual(await succeed(`curl ${page} http://${OURS}/`), "401");
}

/** Lines of a log about pages, as far as it was written, and judged. */
function pagesOf({ isOfPage, read }: Kind, path: string): number {
  return read(Deno.readTextFileSync(path)).filter(isOfPage).length;
}

/** Octets of a file; −1 if there is none. */
function lengthOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return -1;
  }
}

/** What a metric of an output is at. */
async function metricOf(name: string, path: string): Promise<number> {
  const page = await succeed(
    `${ON_SENSOR} curl -sS --max-time 60 http://${METRICS}/metrics`,
  );
  const line = page.split("\n").find((line) =>
    line.startsWith(`masscanned_${name}{`) && line.includes(path)
  );
  ok(line !== undefined, page);
  return Number(line.split(" ").at(-1));
}

for (const kind of KINDS) {
  lab(`${kind.name} that is moved away is begun anew at SIGHUP`, [
    "curl",
  ], async () => {
    await using disk = await Disk.mount();
    const path = `${disk.path}/${kind.file}`;
    await using masscanned = await Masscanned.start(
      `${FOR_OURS} ${kind.options(disk.path)}`,
    );
    await askForPage();
    await until("it is written", () => pagesOf(kind, path) === 1);
    await Deno.rename(path, `${path}.1`);
    masscanned.signal("SIGHUP");
    await until("there is another", () => lengthOf(path) >= 0);
    await askForPage();
    await until("it is written", () => pagesOf(kind, path) === 1);
    strictEqual(pagesOf(kind, `${path}.1`), 1);
  });

  lab(`${kind.name} on a full disk loses lines, counts them, and goes on`, [
    "curl",
    "hping3",
    "ping",
  ], async () => {
    await using disk = await Disk.mount("64k");
    const path = `${disk.path}/${kind.file}`;
    let lost = 0;
    {
      await using masscanned = await Masscanned.start(
        `${FOR_OURS} ${kind.options(disk.path)} --metrics ${METRICS}`,
      );
      {
        await using _flood = new Flood();
        const about = `"${path.replaceAll(".", "\\.")}"`;
        await masscanned.says(
          new RegExp(`^WARN - cannot write ${about}: no space left`),
        );
        kind.read(await Deno.readTextFile(path));
        await until("lines are lost", async () => {
          return await metricOf("output_lost_total", path) > 0;
        });
        match(await succeed(`ping -c 5 -i 0.2 ${OURS}`), / 0% packet loss/);
        await askForPage();
        await disk.grow("64m");
        const again = new RegExp(
          `^WARN - ${about} is written again; (\\d+) lines were lost$`,
        );
        await masscanned.says(again);
        const line = masscanned.lines.find((line) => again.test(line))!;
        lost = Number(again.exec(line)![1]);
        ok(lost > 0, line);
        strictEqual(await metricOf("output_lost_total", path), lost);
      }
      const before = pagesOf(kind, path);
      await askForPage();
      await until("lines are written", () => pagesOf(kind, path) > before);
      await masscanned.stop();
      match(
        masscanned.lines.find((line) => /lost on our side/.test(line))!,
        new RegExp(
          `lines of "[^"]*${kind.file}" ${lost.toLocaleString("en")}\\b`,
        ),
      );
    }
    ok(kind.read(await Deno.readTextFile(path)).length > 100);
  });

  lab(`kill -9 leaves whole lines of ${kind.name}`, ["hping3"], async () => {
    await using disk = await Disk.mount("64m");
    const path = `${disk.path}/${kind.file}`;
    let rows = 0;
    for (let round = 0; round < 2; round++) {
      const masscanned = await Masscanned.start(
        `${FOR_OURS} ${kind.options(disk.path)}`,
      );
      await using _flood = new Flood();
      const length = lengthOf(path);
      await until("it is written", () => lengthOf(path) > length + 50_000);
      await masscanned.stop("SIGKILL");
      const { length: now } = kind.read(await Deno.readTextFile(path));
      ok(now > rows);
      rows = now;
    }
  });
}

const README = new URL("../../README.md", import.meta.url);
const ROTATED = ["conn.log", "passive_recon.log", "events.ndjson"] as const;

lab("logrotate moves logs away, and every page is in one of them", [
  "curl",
  "logrotate",
], async () => {
  await using disk = await Disk.mount();
  // As /var/log: not the user's, who finds what logrotate creates for him.
  const folder = `${disk.path}/logs`;
  await Deno.mkdir(folder, { mode: 0o755 });
  const [conn, records, events] = ROTATED.map((name) => `${folder}/${name}`);
  await using masscanned = await Masscanned.start(
    `${FOR_OURS} --zeek ${folder} --ivre ${records} --events ${events}`,
  );
  const [config] = /^\/var\/log\/masscanned\/[^]*?^}$/m
    .exec(await Deno.readTextFile(README))!;
  await using file = await textFile(
    config.replaceAll("/var/log/masscanned", folder)
      .replace("systemctl reload masscanned", `kill -HUP ${masscanned.pid}`),
  );
  let pages = 0;
  for (let round = 0; round < 3; round++) {
    const begun = lengthOf(conn!);
    for (let i = 0; i < 5; i++) await askForPage();
    pages += 5;
    await until("they are written", () => lengthOf(conn!) > begun);
    await succeed(`logrotate -f -s ${disk.path}/state ${file.path}`);
    await until("it is begun anew", () => lengthOf(conn!) > 0);
  }
  await masscanned.stop();
  const all = (name: string): string[] =>
    [...Deno.readDirSync(folder)].filter((it) => it.name.startsWith(name))
      .map((it) => `${folder}/${it.name}`);
  for (const kind of [KINDS[0]!, KINDS[2]!]) {
    const found = all(kind.file).map((path) => pagesOf(kind, path));
    strictEqual(found.length, 4);
    strictEqual(found.reduce((a, b) => a + b), pages, `${found}`);
  }
  const sequence = all("events.ndjson")
    .flatMap((path) => Deno.readTextFileSync(path).split("\n").slice(0, -1))
    .map((line) => JSON.parse(line).event.sequence as number);
  deepStrictEqual(
    sequence.toSorted((a, b) => a - b),
    sequence.map((_, i) => i),
  );
});
