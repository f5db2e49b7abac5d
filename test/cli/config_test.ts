import { deepStrictEqual, match, ok, throws } from "node:assert/strict";
import { parse } from "smol-toml";
import { type Command, parseCommand, type RunCommand } from "../../src/cli.ts";
import { OperatorError } from "../../src/operator_error.ts";
import { check } from "../../src/run/check.ts";

/** Calls `use` with the path of a file of this text. */
function withFile<T>(text: string, use: (path: string) => T): T {
  const path = Deno.makeTempFileSync({ suffix: ".toml" });
  try {
    Deno.writeTextFileSync(path, text);
    return use(path);
  } finally {
    Deno.removeSync(path);
  }
}

/** A command, but for the path of its configuration. */
function withoutPath(command: Command): Command {
  ok("config" in command);
  return { ...command, config: undefined };
}

// Text of a file; other arguments → arguments alone that ask for the same.
const SAME: readonly [text: string, args: string, alone: string][] = [
  ["", "-i eth0", "-i eth0"],
  ['# mine\niface = "eth0" # the outer one\n', "", "-i eth0"],
  ['iface = ["eth0", "eth1"]', "", "-i eth0 -i eth1"],
  ['iface = "eth0"\r\nquiet = true\r\n', "", "-i eth0 -q"],
  ["quiet = false\nverbose = false", "-i eth0", "-i eth0"],
  ["verbose = true", "-i eth0", "-i eth0 -v"],
  ["verbose = 3", "-i eth0", "-i eth0 -vvv"],
  ["workers = 2", "-i eth0", "-i eth0 --workers 2"],
  ['ip-addr-file = "a"', "-i eth0", "-i eth0 -f a"],
  [
    'self-ip-list = [\n  "192.0.2.1",\n  "2001:db8::1,::2",\n]',
    "-i eth0",
    "-i eth0 --self-ip-list 192.0.2.1 --self-ip-list 2001:db8::1,::2",
  ],
  ['ports = ["tcp/22", 80]', "-i eth0", "-i eth0 --ports tcp/22 --ports 80"],
  ['no-protocols = "smb"', "-i eth0", "-i eth0 --no-protocols smb"],
  ['iface = "eth0"\nquiet = true', "self-audit", "self-audit -i eth0 -q"],
  ['persona = "classic"', "replay a", "replay a --persona classic"],
  // What a replay does not know is for other commands.
  ['iface = "eth0"\nquiet = true', "replay a", "replay a -q"],
  // The command line wins, whatever name of an option it uses.
  ['iface = "eth0"', "-i eth1", "-i eth1"],
  ['persona = "classic"', "-i eth0 --persona=linux", "-i eth0"],
  ['self-ip-file = ["a", "b"]', "-i eth0 -f c", "-i eth0 -f c"],
  ["verbose = 2\nquiet = true", "-i eth0 -vq", "-i eth0 -v -q"],
  ["verbose = 2", "-i eth0 -v", "-i eth0 -v"],
];

for (const [text, args, alone] of SAME) {
  Deno.test(`--config of ${JSON.stringify(text)} with "${args}" is "${alone}"`, () => {
    const words = args.split(" ").filter((word) => word !== "");
    for (const option of [["--config", ""], ["--config="]]) {
      const command = withFile(text, (path) => {
        const named = option.length === 2
          ? [option[0]!, path]
          : [option[0]! + path];
        const isCommand = /^[a-z]/.test(words[0] ?? "");
        return parseCommand(
          isCommand ? [...words, ...named] : [...named, ...words],
        );
      });
      deepStrictEqual(withoutPath(command), parseCommand(alone.split(" ")));
    }
  });
}

// Text of a file → what the one line says.
const ERRORS: readonly [text: string, says: RegExp][] = [
  ["a = ", /line 1: invalid value$/],
  ['quiet = true\niface = "eth0\nverbose = 1', /line 2: a string has no end$/],
  ['iface = "eth0\r\nverbose = 1\r\n', /line 1: a string has no end$/],
  ['iface = "e\u0001th0"', /line 1: control characters are not allowed/],
  ["quiet = true\nquiet = true", /line 2: .*redefine/],
  [
    '\nifce = "eth0"',
    /line 2: there is no option "ifce"; did you mean "iface"\?/,
  ],
  ['self-ips = "a"', /line 1: there is no option "self-ips"/],
  ["zzzzzzzz = 1", /there is no option "zzzzzzzz"$/],
  ["help = true", /there is no option "help"/],
  ['config = "other"', /there is no option "config"/],
  ['i = "eth0"', /line 1: there is no option "i"/],
  ["[iface]\nname = 1", /line 1: "iface" must be a value or an array of them/],
  ["iface = true", /"iface" must be a value or an array/],
  ["iface = [[1]]", /"iface" must be a value or an array/],
  ["iface = 2026-01-01", /"iface" must be a value or an array/],
  ['persona = ["linux"]', /"persona" must be one value/],
  ['quiet = "yes"', /"quiet" must be true or false/],
  ["quiet = 1", /"quiet" must be true or false/],
  ["verbose = -1", /"verbose" must be true, false or how many times/],
  ["verbose = 1.5", /"verbose" must be true, false or how many times/],
  ['quiet = true\npersona = "nobody"', /line 2: `--persona`: .*"linux" and/],
  ['iface = "eth0"\nworkers = 0', /line 2: `--workers`: /],
  ['ports = ["80", "x"]', /line 1: `--ports`: .*such as tcp\/22.*"x"/],
  ['self-ip-file = "a"\nip-addr-file = "b"', /line 2: .* the same as "self-ip/],
];

for (const [text, says] of ERRORS) {
  Deno.test(`--config refuses ${JSON.stringify(text)}`, () => {
    withFile(text, (path) => {
      for (
        const args of [["-i", "eth0", "--config", path], [
          "config",
          "check",
          path,
        ]]
      ) {
        throws(() => parseCommand(args), (error) => {
          ok(error instanceof OperatorError);
          ok(error.message.startsWith(`Cannot use "${path}", line `));
          ok(!error.message.includes("\n"));
          match(error.message, says);
          return true;
        });
      }
    });
  });
}

Deno.test("--config refuses a file that cannot be read", () => {
  throws(
    () => parseCommand(["--config", "/nowhere", "-i", "eth0"]),
    /Cannot read "\/nowhere": No such file/,
  );
});

const example = parseCommand(["config", "example"]);
ok(example.command === "print" && example.status === 0);
const EXAMPLE = example.text;
// "#key = value", where comments are "# text".
const KEYS = [...EXAMPLE.matchAll(/^#(\S.*)$/gm)].map(([, line]) => line!);

Deno.test("config example says nothing, and has every long option once", () => {
  deepStrictEqual(Object.keys(parse(EXAMPLE)), []);
  const help = parseCommand(["--help"]);
  ok(help.command === "print");
  const [, options] = /\nInterfaces:\n(.*?)\nCommands:\n/s.exec(help.text)!;
  const names = [...options!.matchAll(/^ {2}.*?--([\w-]+)/gm)]
    .map(([, name]) => name).filter((name) => name !== "config");
  deepStrictEqual(KEYS.map((line) => line.split(" = ")[0]), names);
  for (const line of EXAMPLE.split("\n")) ok(line.length <= 80, line);
});

Deno.test("config example is a file that can be used, once it is no comment", () => {
  withFile(KEYS.join("\n"), (path) => {
    deepStrictEqual(parseCommand([`--config=${path}`]).command, "run");
    const checked = parseCommand(["config", "check", path]);
    deepStrictEqual(checked.command, "check");
  });
});

Deno.test("config check reads the lists and says what would be in force", () => {
  withFile("192.0.2.0/24\n", (list) => {
    const text = `self-ip-file = "${list}"\nports = "tcp/80,443-445"\n` +
      'protocols = "http"\nremote-ip-deny-list = "198.51.100.1"\n';
    withFile(text, (path) => {
      const command = parseCommand(["config", "check", path]);
      ok(command.command === "check");
      const said = check(command);
      for (
        const part of [
          `"${path}" can be used with -i NAME.`,
          "no iface, which the command line has to name",
          `--self-ip-file=${list}`,
          "answering for 256 addresses",
          "denied addresses: 1",
          "open TCP ports: 80,443-445",
          "open UDP ports: none",
          "speaking http",
        ]
      ) ok(said.includes(part), said);
    });
    withFile(`iface = "eth0"\n${text}`, (path) => {
      const command = parseCommand(["config", "check", path]);
      ok(command.command === "check");
      ok(check(command).includes(`"${path}" can be used. It says:`));
    });
    Deno.writeTextFileSync(list, "192.0.2.256\n");
    withFile(text, (path) => {
      const command = parseCommand(["config", "check", path]);
      ok(command.command === "check");
      throws(
        () => check(command),
        /line 1: "192\.0\.2\.256" is not an address/,
      );
    });
  });
});

Deno.test("parseCommand() keeps the path of the configuration", () => {
  withFile("", (path) => {
    const command = parseCommand(["--config", path, "-i", "eth0"]);
    deepStrictEqual((command as RunCommand).config, path);
  });
});
