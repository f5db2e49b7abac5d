import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { AddressSet } from "../../src/address/set.ts";
import { ipText } from "../../src/address/text.ts";
import { Translations } from "../../src/address/translation.ts";
import { loadTranslations } from "../../src/address/translation_list.ts";
import { OperatorError } from "../../src/operator_error.ts";

const address = fc.oneof(...[4, 16].map((length) =>
  // Few values, so that addresses are near each other and meet.
  fc.array(fc.constantFrom(0, 1, 127, 128, 255), {
    minLength: length,
    maxLength: length,
  }).map((octets) => Uint8Array.from(octets))
));

Deno.test("Translations finds what a map finds, and nothing else", () => {
  fc.assert(fc.property(
    fc.uniqueArray(address, { selector: (it) => it.toHex(), maxLength: 40 }),
    fc.array(address),
    (inners, others) => {
      const list = inners.map((inner, i) => ({
        inner,
        outer: Uint8Array.from(inner, (octet, at) => octet ^ (i + at)),
      }));
      const map = new Map(
        list.map(({ inner, outer }) => [inner.toHex(), outer.toHex()]),
      );
      const translations = new Translations();
      translations.replace(list);
      for (const one of [...inners, ...others]) {
        const found = translations.outerOf(one);
        strictEqual(found?.toHex(), map.get(one.toHex()));
        // In the middle of a memory, as a stack does.
        const view = new DataView(new ArrayBuffer(64));
        const bytes = new Uint8Array(view.buffer);
        bytes.set(one, 7);
        const isFound = translations.write(view, 7, one.length, 40);
        strictEqual(isFound, found !== undefined);
        const expected = new Uint8Array(64);
        expected.set(one, 7);
        if (found) expected.set(found, 40);
        deepStrictEqual(bytes, expected);
      }
      translations.replace([]);
      for (const one of inners) {
        strictEqual(translations.outerOf(one), undefined);
      }
    },
  ));
});

const OURS = AddressSet.of(
  ["c0000201", "20010db8000000000000000000000001"].map((hex) => {
    const octets = Uint8Array.fromHex(hex);
    return { first: octets, last: octets };
  }),
);

/** What is loaded, as text. */
function load(...lists: string[]): string[] {
  return loadTranslations(lists, undefined, [])
    .map(({ inner, outer }) => `${ipText(inner)} ${ipText(outer)}`);
}

Deno.test("loadTranslations() takes lists of both families, repeatedly", () => {
  deepStrictEqual(
    load(
      "0.255.0.1=192.0.2.1, 0.255.0.2 = 192.0.2.1,",
      "fd6d:6173:7363::1=2001:DB8::1,0.255.0.1=192.0.2.1",
    ),
    [
      "0.255.0.1 192.0.2.1",
      "0.255.0.2 192.0.2.1",
      "fd6d:6173:7363::1 2001:db8::1",
    ],
  );
  deepStrictEqual(load(), []);
  const [one] = loadTranslations(["192.0.2.1=198.51.100.1"], OURS, []);
  deepStrictEqual(one!.inner, Uint8Array.of(192, 0, 2, 1));
});

const EXPECTED = "expected one of our addresses, =, and the one that clients " +
  "know it by, such as 0.255.0.1=192.0.2.1";
const NOBODYS = "is nothing that a host can have: group, loopback or mapped";

// [list, item that is named, what is wrong]
const ERRORS: readonly [list: string, item: string, says: string][] = [
  ["192.0.2.1", "192.0.2.1", EXPECTED],
  ["192.0.2.1=192.0.2.2=192.0.2.3", "192.0.2.1=192.0.2.2=192.0.2.3", EXPECTED],
  [
    "192.0.2.1=",
    "192.0.2.1=",
    '"" is not an address such as 192.0.2.1 or 2001:db8::1',
  ],
  [
    "192.0.2.1=198.51.100.1,192.0.2.0/24=198.51.100.0/24",
    "192.0.2.0/24=198.51.100.0/24",
    '"192.0.2.0/24" is not an address such as 192.0.2.1 or 2001:db8::1',
  ],
  ["192.0.2.1=2001:db8::2", "192.0.2.1=2001:db8::2", "it mixes IPv4 and IPv6"],
  ["2001:db8::1=1.2.3.4", "2001:db8::1=1.2.3.4", "it mixes IPv4 and IPv6"],
  ["192.0.2.1=127.0.0.1", "192.0.2.1=127.0.0.1", `"127.0.0.1" ${NOBODYS}`],
  ["2001:db8::1=ff02::1", "2001:db8::1=ff02::1", `"ff02::1" ${NOBODYS}`],
  [
    "192.0.2.9=198.51.100.1",
    "192.0.2.9=198.51.100.1",
    "192.0.2.9 is not among our addresses, see --self-ip-list",
  ],
  [
    "198.51.100.7=0.255.0.1",
    "198.51.100.7=0.255.0.1",
    "198.51.100.7 is an address of the host, and not ours",
  ],
  [
    "192.0.2.1=198.51.100.1,192.0.2.1=198.51.100.2",
    "192.0.2.1=198.51.100.2",
    "192.0.2.1 is 198.51.100.1 already",
  ],
];

for (const [list, item, says] of ERRORS) {
  Deno.test(`loadTranslations() refuses ${list}`, () => {
    const others = [Uint8Array.of(198, 51, 100, 7)];
    throws(() => loadTranslations([list], OURS, others), (error) => {
      const { message } = error as Error;
      strictEqual(message, `Cannot use --public-ip "${item}": ${says}`);
      return error instanceof OperatorError;
    });
  });
}
