import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { lab, MASSCANNED, run, succeed } from "../lab/lab.ts";
import { makePlace, VERSION, withNobody } from "./executable.ts";

// What scripts/compile.sh puts beside the executable.
const KIT = MASSCANNED.replace(/[^/]*$/, "");
const MANUAL = `${KIT}masscanned.8`;
const INSTALL = `${KIT}install.sh`;

/** Files below a folder, but for what was unpacked, relative to it. */
async function filesBelow(folder: string): Promise<string[]> {
  const found = await succeed(
    `find ${folder} -type f -not -path */lib/masscanned/*`,
  );
  return found.split("\n").filter((path) => path !== "")
    .map((path) => path.slice(folder.length + 1)).sort();
}

const CONFIGURATION = [
  "etc/masscanned/ips.txt",
  "etc/masscanned/masscanned.toml",
];
const INSTALLED = [
  ...CONFIGURATION,
  "usr/local/bin/masscanned",
  "usr/local/lib/systemd/system/masscanned.service",
  "usr/local/share/bash-completion/completions/masscanned",
  "usr/local/share/fish/vendor_completions.d/masscanned.fish",
  "usr/local/share/man/man8/masscanned.8",
  "usr/local/share/zsh/site-functions/_masscanned",
];

lab("install.sh installs, again and again, and undoes it", [], async () => {
  await using place = await makePlace();
  const sensor = `${place.path}/sensor`;
  const install = `env DESTDIR=${sensor} ${INSTALL}`;
  match(await succeed(`${install} ${place.program}`), VERSION);
  deepStrictEqual(await filesBelow(sensor), INSTALLED);

  // A newer one leaves no trace of the older one, and the operator's words.
  const ips = `${sensor}/etc/masscanned/ips.txt`;
  await Deno.writeTextFile(ips, "192.0.2.10\n");
  await Deno.mkdir(`${sensor}/usr/local/lib/masscanned/older`);
  await succeed(`${install} ${place.program}`);
  strictEqual(await Deno.readTextFile(ips), "192.0.2.10\n");
  const unpacked = Deno.readDir(`${sensor}/usr/local/lib/masscanned`);
  for await (const { name } of unpacked) ok(name !== "older");

  await succeed(`${install} --uninstall`);
  deepStrictEqual(await filesBelow(sensor), CONFIGURATION);
  await succeed(`${install} --uninstall --purge`);
  strictEqual(await succeed(`find ${sensor} -name *masscanned*`), "");
});

lab("install.sh refuses what is no executable of ours", [], async () => {
  await using place = await makePlace();
  for (const argument of ["/nowhere", "--what", "/bin/false"]) {
    const { code } = await run(
      `env DESTDIR=${place.path}/sensor ${INSTALL} ${argument}`,
    );
    strictEqual(code, 1);
  }
  const left = await succeed(`find ${place.path}/sensor -type f`);
  strictEqual(left, "");
});

withNobody("what install.sh unpacked serves everybody", async (place) => {
  const sensor = `${place.path}/sensor`;
  await succeed(`env DESTDIR=${sensor} ${INSTALL} ${place.program}`);
  await succeed(`mount --bind ${sensor}/usr/local /usr/local`);
  try {
    const asNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    const program = "/usr/local/bin/masscanned";
    match(
      await succeed(`env -u HOME ${asNobody} ${program} --version`),
      VERSION,
    );
    await expectUnit();
  } finally {
    await succeed("umount /usr/local");
  }
}, ["systemd-analyze"]);

/** What systemd says of the unit. */
async function expectUnit(): Promise<void> {
  const verified = await run(
    "systemd-analyze verify --man=no masscanned.service",
  );
  deepStrictEqual(verified, { code: 0, stdout: "", stderr: "" });
  const security = await succeed(
    "systemd-analyze security --offline=true masscanned.service",
  );
  const [, exposure] = /exposure level[^\n]*: ([\d.]+)/.exec(security)!;
  ok(Number(exposure) <= 1.4, security);
}

lab("the manual page is well-formed", ["mandoc"], async () => {
  const { stdout } = await run(`mandoc -T lint ${MANUAL}`);
  // Of other pages it knows only what is installed.
  const complaints = stdout.split("\n")
    .filter((line) =>
      line !== "" && !/mandoc\.db|referenced manual/.test(line)
    );
  deepStrictEqual(complaints, []);
});

lab("the manual page has every option", ["mandoc"], async () => {
  const page = (await succeed(`mandoc -T ascii -I os=Linux ${MANUAL}`))
    .replaceAll(new RegExp(".\b", "g"), "");
  const help = await succeed(`${MASSCANNED} --help`) +
    await succeed(`${MASSCANNED} replay --help`);
  const names = help.split("\n")
    .map((line) =>
      /^ {2}(-[^\s,]+(?:, -[^\s,]+)*)/.exec(line)?.[1]?.split(", ") ?? []
    )
    .flat();
  ok(names.length > 12, names.join());
  const heads = page.split("\n").filter((line) => /^ {5}-/.test(line))
    .flatMap((line) => line.trim().split(/[\s,]+/));
  deepStrictEqual(names.filter((name) => !heads.includes(name)), []);
});

// What completes the words, in the shell's own way, to what is expected.
const COMPLETIONS: Record<string, (words: string, to: string) => string> = {
  bash: (words) => `
    source <(masscanned completion bash)
    COMP_LINE='${words}' COMP_POINT=${words.length} COMP_WORDS=(${words})
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _masscanned
    echo "\${COMPREPLY[@]}"`,
  fish: (words) => `
    masscanned completion fish | source
    complete -C '${words}'`,
  zsh: (words, to) => `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "autoload -Uz compinit; compinit -u -D"
    zpty -w shell "source <(masscanned completion zsh); echo REA''DY"
    zpty -r shell said '*READY*'
    zpty -w -n shell $'${words}\\t'
    zpty -r shell said '*${to}*'
    echo $said`,
};

for (const [shell, script] of Object.entries(COMPLETIONS)) {
  lab(`${shell} completes options and their values`, [shell], async () => {
    const path = `PATH=${KIT}:${Deno.env.get("PATH")}`;
    for (
      const [words, to] of [
        ["masscanned --pers", "--persona"],
        ["masscanned -i lo --persona cl", "classic"],
      ] as const
    ) {
      const said = await succeed(
        `env ${path} ${shell} -c`,
        script(words, to),
      );
      ok(said.includes(to), said);
    }
  });
}
