import { deepStrictEqual, match, ok } from "node:assert/strict";
import { lab, Masscanned, OURS, run, succeed } from "./lab.ts";

const CURL = "curl -sS --max-time 60 -o /dev/null -w %{http_code}";
const SITE = `http://${OURS}`;
const ELSEWHERE = "http://www.example.com/";

// [what curl is told, what we say to it]
const REQUESTS: readonly [args: string, notice: string][] = [
  [`-x ${SITE}:8080 ${ELSEWHERE}`, `401 to GET ${ELSEWHERE}`],
  [`-X OPTIONS --request-target * ${SITE}`, "400 to OPTIONS *"],
  [`--http1.0 ${SITE}/old`, "401 to GET /old"],
  [`-X PROPFIND -H Depth:1 ${SITE}/dav`, "401 to PROPFIND /dav"],
  [`-u admin:secret ${SITE}/basic`, "401 to GET /basic"],
  [`--digest -u admin:secret ${SITE}/digest`, "401 to GET /digest"],
  [`-A () ${SITE}/agent`, "401 to GET /agent"],
  [`--path-as-is ${SITE}/../../etc/passwd`, "400 to GET /../../etc/passwd"],
  [`${SITE}/%00`, "400 to GET /%00"],
  [`-H Host: ${SITE}/nobody`, "400 to GET /nobody"],
  [`-H Host:a/b ${SITE}/somebody`, "400 to GET /somebody"],
  [`-X get ${SITE}/low`, "400 to get /low"],
  [`-X TRACE ${SITE}/trace`, "405 to TRACE /trace"],
  [`-d a -H Transfer-Encoding:gzip ${SITE}/gzip`, "501 to POST /gzip"],
  [`-d a -H Content-Length:9999999 ${SITE}/big`, "413 to POST /big"],
];

lab("curl is answered whatever its request looks like", ["curl"], async () => {
  await using masscanned = await Masscanned.start();
  for (const [args, notice] of REQUESTS) {
    deepStrictEqual(await succeed(`${CURL} ${args}`), notice.slice(0, 3), args);
    await masscanned.says(`WARN - HTTP/1.1 ${notice}`);
  }
});

lab("curl finds that we are no proxy to anywhere", ["curl"], async () => {
  await using masscanned = await Masscanned.start();
  const tunnel = `curl -sS --max-time 60 -p -w %{http_connect}`;
  const { code, stdout } = await run(`${tunnel} -x ${SITE}:3128 ${ELSEWHERE}`);
  ok(code !== 0);
  deepStrictEqual(stdout, "400");
  await masscanned.says("WARN - HTTP/1.1 400 to CONNECT www.example.com:80");
});

lab("nmap's HTTP scripts find a site that asks for a password", [
  "nmap",
], async () => {
  await using _masscanned = await Masscanned.start();
  const scripts = "http-title,http-auth,http-date,http-server-header," +
    "http-methods,http-open-proxy,http-webdav-scan,http-trace";
  const scan = `nmap -n -Pn -p 80,8080 --script ${scripts}`;
  const said = await succeed(`${scan} ${OURS}`);
  const count = (what: RegExp): number => said.match(what)?.length ?? 0;
  deepStrictEqual(count(/http-title: 401 Authorization Required/g), 2, said);
  deepStrictEqual(count(/Basic realm=Access to admin page/g), 2, said);
  deepStrictEqual(count(/http-server-header: nginx/g), 2, said);
  deepStrictEqual(count(/http-date: .* -?\ds from local time/g), 2, said);
  ok(!/open proxy|TRACE is enabled|WebDAV|ERROR/.test(said), said);
});

lab("nmap names the web server on any port", ["nmap"], async () => {
  await using _masscanned = await Masscanned.start();
  const said = await succeed(`nmap -n -Pn -sV -p 80,8080,31337 ${OURS}`);
  for (const port of [80, 8080, 31337]) {
    match(said, new RegExp(`^${port}/tcp +open +http +nginx `, "m"));
  }
});
