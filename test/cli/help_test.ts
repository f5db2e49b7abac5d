import { match, ok, strictEqual } from "node:assert/strict";
import { parseCommand } from "../../src/cli.ts";
import { print } from "./print.ts";

// Issue 2, "Command line".
const OPTIONS = [
  ["-i", "--iface"],
  ["-f", "--self-ip-file", "--ip-addr-file"],
  ["--self-ip-list"],
  ["--remote-ip-deny-file"],
  ["--remote-ip-deny-list"],
  ["--public-ip"],
  ["-m", "-a", "--mac-addr"],
  ["-v", "--verbose"],
  ["-q", "--quiet"],
  ["--format"],
  ["--persona"],
  ["--ports"],
  ["--protocols"],
  ["--no-protocols"],
  ["--config"],
  ["--cookie-key"],
  ["-h", "--help"],
  ["-V", "--version"],
];

for (const args of [["-h"], ["--help"], ["-i", "eth0", "--help"]]) {
  Deno.test(`parseCommand() explains every option for "${args.join(" ")}"`, () => {
    const { text, status } = print(args);
    strictEqual(status, 0);
    for (const names of OPTIONS) ok(text.includes(`  ${names.join(", ")} `));
    for (const line of text.split("\n")) ok(line.length <= 81, line);
    match(text, /\nUsage: masscanned -i NAME \[OPTION...\]\n/);
    match(
      text,
      / {7}masscanned replay IN.pcap \[-w OUT.pcap\] \[OPTION...\]\n/,
    );
    match(text, /\[default: "linux"\]\s+\(choices: linux, classic\)/);
  });
}

Deno.test("README explains every option that help shows", () => {
  const readme = Deno.readTextFileSync(
    new URL("../../README.md", import.meta.url),
  );
  const [, table] = readme.split("## Options\n");
  const [rows] = table!.split("\n### ");
  for (
    const [, name] of print(["--help"]).text.matchAll(
      /^ {2}(?:-\w, )*(--[\w-]+)/gm,
    )
  ) {
    ok(rows!.includes(`\`${name}`), name);
  }
});

Deno.test("parseCommand() shows examples that it understands", () => {
  const [, examples] = print(["--help"]).text.split("Examples:\n");
  const lines = examples!.trim().split("\n").map((line) => line.trim());
  strictEqual(lines.length, 6);
  for (const line of lines.slice(0, 5)) {
    const args = line.replace(/^.*?masscanned /, "").split(" ");
    ok(parseCommand(args).command !== "print", line);
  }
});

Deno.test("parseCommand() explains a replay", () => {
  const { text, status } = print(["replay", "--help"]);
  strictEqual(status, 0);
  match(
    text,
    /Usage: masscanned replay IN.pcap \[-w OUT.pcap\] \[OPTION...\]\n/,
  );
  ok(!text.includes("--iface"));
});

for (const option of ["-V", "--version"]) {
  Deno.test(`parseCommand() tells the version for ${option}`, () => {
    const { text, status } = print([option]);
    match(text, /^masscanned \d+\.\d+\.\d+ \(from source; Deno 2\.[^\n]+\)\n$/);
    strictEqual(status, 0);
  });
}

for (const shell of ["bash", "zsh", "fish", "nu", "pwsh"]) {
  Deno.test(`parseCommand() completes in ${shell}`, () => {
    const script = print(["completion", shell]);
    strictEqual(script.status, 0);
    match(script.text, /masscanned/);
    const words = print(["completion", shell, "-i", "eth0", "--pers"]);
    match(words.text, /--persona/);
  });
}

// [arguments, stream that gets the text, exit status]
const EXITS: readonly [
  args: string[],
  stream: "stdout" | "stderr",
  code: number,
][] = [
  [["--version"], "stdout", 0],
  [["--nonsense"], "stderr", 2],
];

for (const [args, stream, code] of EXITS) {
  Deno.test(`commandOrExit() exits with ${code} for ${args}`, () => {
    const module = new URL("../../src/cli.ts", import.meta.url);
    const output = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { commandOrExit } from "${module}"; commandOrExit(Deno.args);`,
        ...args,
      ],
    }).outputSync();
    strictEqual(output.code, code);
    strictEqual(new TextDecoder().decode(output[stream]), print(args).text);
  });
}
