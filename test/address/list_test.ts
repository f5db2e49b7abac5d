import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { loadAddressSet } from "../../src/address/list.ts";
import { OperatorError } from "../../src/operator_error.ts";

// Text of a file → its addresses, as "first-last" in hexadecimal.
const TEXTS: readonly [what: string, text: string, ranges: string[]][] = [
  ["an address", "192.0.2.1", ["c0000201-c0000201"]],
  ["LF and CRLF", "192.0.2.1\n192.0.2.3\r\n", [
    "c0000201-c0000201",
    "c0000203-c0000203",
  ]],
  ["a byte order mark", "\ufeff192.0.2.1\n", ["c0000201-c0000201"]],
  [
    "comments and blank lines",
    "# mine\n\n  \t\n192.0.2.1 # web\n192.0.2.3#x\n",
    [
      "c0000201-c0000201",
      "c0000203-c0000203",
    ],
  ],
  ["the original's columns", "192.0.2.1\t17\tweb\n", ["c0000201-c0000201"]],
  ["spaces around", "  192.0.2.1 \t 17 \n", ["c0000201-c0000201"]],
  ["neighbours and doubles", "192.0.2.2\n192.0.2.1\n192.0.2.2", [
    "c0000201-c0000202",
  ]],
  ["a prefix", "192.0.2.0/24", ["c0000200-c00002ff"]],
  ["a prefix of odd length", "192.0.2.64/27", ["c0000240-c000025f"]],
  ["one address as a prefix", "192.0.2.1/32", ["c0000201-c0000201"]],
  ["everything", "0.0.0.0/0", ["00000000-ffffffff"]],
  ["a range", "192.0.2.1-192.0.3.9", ["c0000201-c0000309"]],
  ["a range with spaces", "192.0.2.1 - 192.0.2.1", ["c0000201-c0000201"]],
  // RFC 4291 §2.2 and §2.3
  ["IPv6 in full", "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", [
    "abcdef0123456789abcdef0123456789-abcdef0123456789abcdef0123456789",
  ]],
  ["IPv6 with leading zeros", "2001:0DB8:0000::0008:0800:200C:417A", [
    "20010db80000000000080800200c417a-20010db80000000000080800200c417a",
  ]],
  ["the unspecified address", "::", [`${"0".repeat(32)}-${"0".repeat(32)}`]],
  ["IPv4 at the end", "::13.1.68.3", [
    "0000000000000000000000000d014403-0000000000000000000000000d014403",
  ]],
  ["IPv4-mapped IPv6, which stays IPv6", "::ffff:129.144.52.38", [
    "00000000000000000000ffff81903426-00000000000000000000ffff81903426",
  ]],
  ["an IPv6 prefix", "2001:0DB8:0:CD30::/60", [
    "20010db80000cd300000000000000000-20010db80000cd3fffffffffffffffff",
  ]],
  ["an IPv6 range", "2001:db8::1-2001:db8::1:0", [
    "20010db8000000000000000000000001-20010db8000000000000000000010000",
  ]],
  ["IPv6 and IPv4, which come first", "::1\n192.0.2.1", [
    "c0000201-c0000201",
    `${"0".repeat(31)}1-${"0".repeat(31)}1`,
  ]],
];

for (const [what, text, ranges] of TEXTS) {
  Deno.test(`loadAddressSet() reads ${what}`, () => {
    deepStrictEqual(load(text), ranges);
  });
}

// RFC 4291 §2.2: any number of leading zeros, one run of zeros as "::", the last
// two groups as IPv4, in capitals or not.
const notation = fc.record({
  groups: fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), {
    minLength: 8,
    maxLength: 8,
  }),
  width: fc.integer({ min: 1, max: 4 }),
  run: fc.tuple(fc.nat(8), fc.integer({ min: 1, max: 8 })),
  dotted: fc.boolean(),
  capital: fc.boolean(),
});

Deno.test("loadAddressSet() reads every notation of IPv6", () => {
  fc.assert(fc.property(notation, (form) => {
    const { groups, width, run: [from, count], dotted, capital } = form;
    const tail = dotted ? groups.slice(6) : [];
    const texts = groups.slice(0, dotted ? 6 : 8)
      .map((group) => group.toString(16).padStart(width, "0"));
    if (dotted) {
      texts.push(tail.flatMap((group) => [group >> 8, group & 0xff]).join("."));
    }
    const zeros = groups.slice(0, dotted ? 6 : 8).slice(from, from + count);
    if (zeros.length > 0 && zeros.every((group) => group === 0)) {
      texts.splice(from, zeros.length, "");
      if (texts[0] === "") texts.unshift("");
      if (texts.at(-1) === "") texts.push("");
    }
    const text = texts.join(":");
    const octets = groups
      .map((group) => group.toString(16).padStart(4, "0")).join("");
    const [range] = loadAddressSet(
      "--remote-ip-deny",
      [],
      [capital ? text.toUpperCase() : text],
    )!.ranges;
    deepStrictEqual(range!.first.toHex(), octets, text);
  }));
});

// Entry → what its error says, after the place.
const NOT = "is not an address, prefix or range such as";
const ERRORS: readonly [entry: string, says: string][] = [
  ["192.0.2.256", `"192.0.2.256" ${NOT}`],
  ["192.0.2", `"192.0.2" ${NOT}`],
  ["192.0.2.01", `"192.0.2.01" ${NOT}`], // octal to some
  ["0xc0.0.2.1", `"0xc0.0.2.1" ${NOT}`],
  ["3221225985", `"3221225985" ${NOT}`],
  ["192.0.2.1:80", `"192.0.2.1:80" ${NOT}`],
  ["192.0.2.1 192.0.2.2", `"192.0.2.1 192.0.2.2" ${NOT}`],
  ["192.0.2.1;192.0.2.2", `"192.0.2.1;192.0.2.2" ${NOT}`],
  ["example.org", `"example.org" ${NOT}`],
  ["[2001:db8::1]", `"[2001:db8::1]" ${NOT}`],
  ["fe80::1%eth0", `"fe80::1%eth0" ${NOT}`],
  ["2001:db8::1::2", `"2001:db8::1::2" ${NOT}`],
  ["1:2:3:4:5:6:7:8:9", `"1:2:3:4:5:6:7:8:9" ${NOT}`],
  ["::ffff:192.0.2.01", `"::ffff:192.0.2.01" ${NOT}`],
  ["192.0.2.0/33", `"192.0.2.0/33" ${NOT}`],
  ["192.0.2.0/", `"192.0.2.0/" ${NOT}`],
  ["192.0.2.0/024", `"192.0.2.0/024" ${NOT}`],
  ["192.0.2.0/-1", `"192.0.2.0/-1" ${NOT}`],
  ["192.0.2.0/24/24", `"192.0.2.0/24/24" ${NOT}`],
  ["192.0.2.0/255.255.255.0", `"192.0.2.0/255.255.255.0" ${NOT}`],
  ["2001:db8::/129", `"2001:db8::/129" ${NOT}`],
  ["/24", `"/24" ${NOT}`],
  ["192.0.2.1-", `"192.0.2.1-" ${NOT}`],
  ["-192.0.2.1", `"-192.0.2.1" ${NOT}`],
  ["192.0.2.1-9", `"192.0.2.1-9" ${NOT}`],
  ["192.0.2.1-192.0.2.2-192.0.2.3", `"192.0.2.1-192.0.2.2-192.0.2.3" ${NOT}`],
  ["192.0.2.0/24-192.0.3.0/24", `"192.0.2.0/24-192.0.3.0/24" ${NOT}`],
  ["192.0.2.9-192.0.2.1", `"192.0.2.9-192.0.2.1" ends before it begins`],
  ["192.0.2.1-2001:db8::", `"192.0.2.1-2001:db8::" mixes IPv4 and IPv6`],
  [
    "192.0.2.5/24",
    `"192.0.2.5/24" is not a prefix: write 192.0.2.0/24 or 192.0.2.5`,
  ],
  [
    "2001:db8::1/64",
    `"2001:db8::1/64" is not a prefix: write 2001:db8::/64 or 2001:db8::1`,
  ],
  ...[
    ...["127.0.0.1", "0.0.0.0", "224.0.0.0/4", "240.0.0.1-255.255.255.255"],
    ...["::1", "ff02::1", "::ffff:192.0.2.1"],
  ].map((entry) =>
    [entry, `"${entry}" is nothing that a host can have`] as const
  )
    .map(([...row]): [string, string] => row),
  ["\x1b[2J\u202e", `"\\x1b[2J\\xe2\\x80\\xae" ${NOT}`],
  ["9".repeat(1e6), `"${"9".repeat(60)}..." ${NOT}`],
];

for (const [entry, says] of ERRORS) {
  Deno.test(`loadAddressSet() refuses ${says.slice(0, 60)}`, () => {
    using file = textFile(`192.0.2.1\n\n${entry}\n`);
    const place = `Cannot use "${file.path}", line 3: `;
    throws(() => loadAddressSet("--self-ip", [file.path], []), (error) => {
      const { message } = error as Error;
      strictEqual(message.slice(0, place.length + says.length), place + says);
      strictEqual(/^[ -~]{1,300}$/.test(message), true);
      return error instanceof OperatorError;
    });
  });
}

Deno.test("loadAddressSet() is undefined where no option was given", () => {
  strictEqual(loadAddressSet("--self-ip", [], []), undefined);
});

Deno.test("loadAddressSet() merges files and lists", () => {
  using one = textFile("192.0.2.1\n");
  using none = textFile("# later\n");
  const set = loadAddressSet("--self-ip", [one.path, none.path], [
    "192.0.2.2, 192.0.2.3,",
    "2001:db8::1",
  ]);
  strictEqual(set!.size, 4n);
});

// [what, files, lists, message]
const FAILURES: readonly [
  what: string,
  files: string[],
  lists: string[],
  message: RegExp,
][] = [
  ["a wrong item", [], ["192.0.2.1,no"], /^Cannot use --self-ip-list, item 2/],
  [
    "an empty list",
    [],
    [","],
    /^Cannot find an address in --self-ip-list: expected/,
  ],
  [
    "an empty file",
    ["/dev/null"],
    [],
    /^Cannot find an address in "\/dev\/null": expected/,
  ],
  [
    "a missing file",
    ["/nowhere/\n"],
    [],
    /^Cannot read "\/nowhere\/\\x0a": No such file or directory$/,
  ],
  ["a folder", ["/"], [], /^Cannot read "\/": Is a directory$/],
];

for (const [what, files, lists, message] of FAILURES) {
  Deno.test(`loadAddressSet() refuses ${what}`, () => {
    throws(
      () => loadAddressSet("--self-ip", files, lists),
      { name: "OperatorError", message },
    );
  });
}

Deno.test("loadAddressSet() refuses a file that is not UTF-8", () => {
  using file = textFile(Uint8Array.of(0x31, 0xff, 0xfe));
  throws(
    () => loadAddressSet("--self-ip", [file.path], []),
    { name: "OperatorError", message: `Cannot read "${file.path}": not UTF-8` },
  );
});

/** Ranges of a file with that text, as hexadecimal. */
function load(text: string): string[] {
  using file = textFile(text);
  return loadAddressSet("--remote-ip-deny", [file.path], [])!.ranges
    .map(({ first, last }) => `${first.toHex()}-${last.toHex()}`);
}

/** A file that is gone at the end of the block. */
function textFile(content: string | Uint8Array): Disposable & { path: string } {
  const path = Deno.makeTempFileSync({ suffix: ".txt" });
  const octets = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  Deno.writeFileSync(path, octets);
  return { path, [Symbol.dispose]: () => Deno.removeSync(path) };
}
