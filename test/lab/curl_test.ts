import { deepStrictEqual, match, ok } from "node:assert/strict";
import { type Answer, parseAnswers } from "./answer.ts";
import { lab, Masscanned, OURS, OURS_6, SCRIPTS, succeed } from "./lab.ts";

const CURL = "curl -sS --max-time 60";
const URL_4 = `http://${OURS}/`;
const URL_6 = `http://[${OURS_6}]/`;
const REALM = 'Basic realm="Access to admin page"';

async function curl(args: string, method = "GET"): Promise<Answer> {
  const said = await succeed(`${CURL} -i ${args}`);
  const answers = parseAnswers(said, method);
  deepStrictEqual(answers.length, 1, said);
  return answers[0]!;
}

for (
  const url of [URL_4, URL_6, `http://${OURS}:1/`, `http://${OURS}:65535/`]
) {
  lab(`curl ${url} is asked for a password`, ["curl"], async () => {
    await using masscanned = await Masscanned.start();
    const { status, headers, body } = await curl(url);
    match(status, /^HTTP\/1\.1 401 /);
    deepStrictEqual(headers.get("WWW-Authenticate"), REALM);
    match(body, /<title>401 Authorization Required<\/title>/);
    // As RFC 9110 §5.6.7 writes it, and about now.
    const date = headers.get("Date")!;
    deepStrictEqual(new Date(date).toUTCString(), date);
    ok(Math.abs(Date.parse(date) - Date.now()) < 60_000, date);
    await masscanned.says("WARN - HTTP/1.1 401 to GET /");
  });
}

lab("curl is answered whatever the method", ["curl"], async () => {
  await using masscanned = await Masscanned.start();
  const methods = "BREW GET POST PUT DELETE OPTIONS PATCH PROPFIND";
  for (const method of methods.split(" ")) {
    match((await curl(`-X ${method} ${URL_4}`)).status, /^HTTP\/1\.1 401 /);
  }
  await masscanned.says("WARN - HTTP/1.1 401 to BREW /");
  match((await curl(`-X TRACE ${URL_4}`)).status, /^HTTP\/1\.1 405 /);
  await masscanned.says("WARN - HTTP/1.1 405 to TRACE /");
});

lab("curl -I gets the head of the same page", ["curl"], async () => {
  await using _masscanned = await Masscanned.start();
  const head = await curl(`-I ${URL_4}`, "HEAD");
  const page = await curl(URL_4);
  head.headers.delete("Date");
  page.headers.delete("Date");
  deepStrictEqual(head.status, page.status);
  deepStrictEqual([...head.headers], [...page.headers]);
});

lab("curl keeps its connection", ["curl"], async () => {
  await using _masscanned = await Masscanned.start();
  for (const url of [URL_4, URL_6]) {
    for (const what of ["", "-d some=words "]) {
      const each = `-o /dev/null -w %{http_code}:%{num_connects}; ${url}`;
      const said = await succeed(`${CURL} ${what}${each} ${each} ${each}`);
      deepStrictEqual(said, "401:1;401:0;401:0;");
    }
  }
});

lab("curl posts bodies of any size", ["curl"], async () => {
  await using _masscanned = await Masscanned.start();
  const file = await Deno.makeTempFile();
  try {
    // For the last, curl waits for "100 Continue". How much of a large body it
    // sends depends on how early the answer comes.
    for (const length of [1, 1_000, 1_461, 20_000, 200_000, 1_048_576, 2e6]) {
      await Deno.writeFile(file, new Uint8Array(length).fill(0x61));
      for (const url of [URL_4, URL_6]) {
        const { status } = await curl(`--data-binary @${file} ${url}`);
        // More than 1 MiB is refused before it comes.
        match(
          status,
          length > 1_048_576 ? /^HTTP\/1\.1 413 / : /^HTTP\/1\.1 401 /,
        );
      }
    }
  } finally {
    await Deno.remove(file);
  }
});

lab("curl uploads in chunks", ["curl"], async () => {
  await using _masscanned = await Masscanned.start();
  const inChunks = `-T ${SCRIPTS}/run.sh -H Transfer-Encoding:chunked`;
  const { status } = await curl(`${inChunks} ${URL_4}`);
  match(status, /^HTTP\/1\.1 401 /);
});
