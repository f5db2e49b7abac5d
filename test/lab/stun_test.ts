import { match, ok } from "node:assert/strict";
import { lab, Masscanned, OURS, OURS_6, run, succeed } from "./lab.ts";

lab("stun, of RFC 3489, learns its address", ["stun"], async () => {
  await using masscanned = await Masscanned.start();
  // Test 1 of RFC 3489 §10.1, then all of them: where an answer from elsewhere
  // is asked for, there is none, as behind a firewall.
  const { stdout, stderr } = await run(`stun ${OURS} 1 -v`);
  const said = stdout + stderr;
  match(said, /MappedAddress = 192\.0\.2\.1:\d+/);
  match(said, new RegExp(`SourceAddress = ${OURS}:3478`));
  match((await run(`stun ${OURS}`)).stdout, /Primary: Open/);
  await masscanned.says("WARN - STUN answer");
});

lab("coturn's client, of RFC 8489, learns its address", [
  "turnutils_stunclient",
], async () => {
  await using masscanned = await Masscanned.start();
  const client = "turnutils_stunclient";
  match(
    await succeed(`${client} -p 3478 ${OURS}`),
    /UDP reflexive addr: 192\.0\.2\.1:\d+/,
  );
  match(
    await succeed(`${client} -p 19302 ${OURS_6}`),
    /UDP reflexive addr: \[?2001:db8::1\]?:\d+/,
  );
  await masscanned.says("WARN - STUN answer");
});

lab("nmap names STUN", ["nmap"], async () => {
  await using _masscanned = await Masscanned.start();
  const said = await succeed(`nmap -n -Pn -sU -sV -p 3478 ${OURS}`);
  ok(/^3478\/udp open +stun/m.test(said), said);
});
