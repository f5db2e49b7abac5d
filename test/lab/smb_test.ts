import { deepStrictEqual, match, ok } from "node:assert/strict";
import { lab, Masscanned, OURS, OURS_6, run, succeed } from "./lab.ts";

const NT1 = "--option=clientmaxprotocol=NT1 --option=clientminprotocol=NT1";
const HIGHEST = "--option=clientminprotocol=SMB2_02";
const UPGRADE = "--option=clientminprotocol=CORE";

for (const [version, options] of [["1", NT1], ["2", HIGHEST], ["2", UPGRADE]]) {
  lab(`smbclient ${options} logs in to no avail`, ["smbclient"], async () => {
    await using masscanned = await Masscanned.start();
    const list = `smbclient ${options} -L`;
    const user = await run(`${list} ${OURS} -U CORP/alice%secret`);
    match(user.stdout + user.stderr, /NT_STATUS_LOGON_FAILURE/);
    const nobody = await run(`${list} ${OURS_6} -N -U %`);
    match(nobody.stdout + nobody.stderr, /NT_STATUS_ACCESS_DENIED/);
    for (const { code } of [user, nobody]) ok(code !== 0);
    const dialect = version === "1" ? "NT LM 0.12" : "SMB 3.1.1";
    await masscanned.says(
      `WARN - SMB${version} Negotiate-Protocol-Reply (${dialect})`,
    );
    await masscanned.says(
      new RegExp(`^WARN - SMB${version} SessionSetup-Reply to CORP/alice from`),
    );
  });
}

lab("smbclient agrees on each dialect", ["smbclient"], async () => {
  await using masscanned = await Masscanned.start();
  const dialects = {
    SMB2_02: "SMB 2.002",
    SMB2_10: "SMB 2.1",
    SMB3_00: "SMB 3.0",
    SMB3_02: "SMB 3.0.2",
    SMB3_11: "SMB 3.1.1",
  };
  for (const [protocol, dialect] of Object.entries(dialects)) {
    const { stdout, stderr } = await run(
      `smbclient -d4 -L ${OURS} -U CORP/alice%secret ` +
        `--option=clientminprotocol=${protocol} ` +
        `--option=clientmaxprotocol=${protocol}`,
    );
    match(stdout + stderr, new RegExp(`negotiated dialect\\[${protocol}\\]`));
    match(stdout + stderr, /NT_STATUS_LOGON_FAILURE/);
    await masscanned.says(`WARN - SMB2 Negotiate-Protocol-Reply (${dialect})`);
  }
});

lab("nmap finds out about the SMB server", ["nmap"], async () => {
  await using _masscanned = await Masscanned.start();
  const scripts = "smb-protocols,smb2-security-mode,smb-os-discovery," +
    "smb-security-mode,smb2-capabilities,smb2-time";
  const said = await succeed(
    `nmap -n -Pn -p 445 --script ${scripts} ${OURS}`,
  );
  const [dialects] = said.match(/(?<=smb-protocols: \n)(\| {2}.*\n)*\|_ .*$/m)!;
  deepStrictEqual(dialects.match(/NT LM 0\.12|\b\d{3}\b/g), [
    ...["NT LM 0.12", "202", "210", "300", "302", "311"],
  ]);
  match(said, /311: \n\|_ +Message signing enabled but not required/);
  match(said, /OS: Windows 6\.1 \(Samba 4\.17\.12-Debian\)/);
  match(said, /NetBIOS computer name: SERVER/);
  match(said, /authentication_level: user/);
  match(said, /start_date: N\/A/);
  ok(!/ERROR|false/.test(said), said);
});
