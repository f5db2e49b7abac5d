/**
 * How Zeek writes its logs: lines of JSON, or of values between tabs under a
 * header that names them.
 *
 * ```text
 *  #separator \x09
 *  #set_separator	,
 *  #empty_field	(empty)
 *  #unset_field	-
 *  #path	conn
 *  #open	2026-01-01-00-00-00
 *  #fields	ts	uid	…
 *  #types	time	string	…
 *  1767225600.000000	C4J4Th3PJpwUYZZ6gc	…
 *  #close	2026-01-01-00-01-00
 * ```
 *
 * @see {@link https://docs.zeek.org/en/current/log-formats.html | Zeek log formats}
 * @module
 */

import type { ZeekOptions } from "../cli/command.ts";
import { printable } from "../printable.ts";
import { jsonText } from "./json_text.ts";
import type { ZeekFrame } from "./zeek_file.ts";

/** Types of Zeek that are in use here. */
export type ZeekType =
  | "addr"
  | "bool"
  | "count"
  | "enum"
  | "interval"
  | "port"
  | "set[string]"
  | "string"
  | "time";

/** Fields of a log and their types, in order. */
export type ZeekFields = readonly (readonly [name: string, type: ZeekType])[];

/**
 * A value: of a time or an interval, its milliseconds; of a string, perhaps its
 * octets; `undefined` is unset.
 */
export type ZeekValue = string | number | boolean | Uint8Array | undefined;

const SEPARATOR = "\t";
const UNSET = "-";
const EMPTY = "(empty)";
const FRACTION = 6; // digits

/** Writes one kind of log. */
export class ZeekLog implements ZeekFrame {
  readonly #path: string;
  readonly #fields: ZeekFields;
  readonly #format: ZeekOptions["format"];

  /**
   * Makes a writer.
   *
   * @param path Name of the log, such as `conn`.
   * @param fields Its fields.
   * @param format How it is written.
   */
  constructor(path: string, fields: ZeekFields, format: ZeekOptions["format"]) {
    this.#path = path;
    this.#fields = fields;
    this.#format = format;
  }

  /** What it begins with; empty for JSON. */
  header(): string {
    if (this.#format === "json") return "";
    return [
      "#separator \\x09",
      ["#set_separator", ","],
      ["#empty_field", EMPTY],
      ["#unset_field", UNSET],
      ["#path", this.#path],
      ["#open", stamp()],
      ["#fields", ...this.#fields.map(([name]) => name)],
      ["#types", ...this.#fields.map(([, type]) => type)],
    ].map((line) => `${[line].flat().join(SEPARATOR)}\n`).join("");
  }

  /** What it ends with; empty for JSON. */
  footer(): string {
    if (this.#format === "json") return "";
    return `#close${SEPARATOR}${stamp()}\n`;
  }

  /**
   * Writes a line.
   *
   * @param values Value of each field, in order.
   * @returns The line with its end, in printable ASCII but for tabs.
   */
  line(values: readonly ZeekValue[]): string {
    if (this.#format === "tsv") {
      return `${
        this.#fields.map(([, type], i) => tsvOf(type, values[i]))
          .join(SEPARATOR)
      }\n`;
    }
    const entries = this.#fields.map(([name, type], i) =>
      [name, jsonOf(type, values[i])] as const
    );
    return `${jsonText(Object.fromEntries(entries))}\n`;
  }
}

function jsonOf(type: ZeekType, value: ZeekValue): unknown {
  if (value === undefined) return undefined;
  if (value instanceof Uint8Array) return printable(value);
  return isTime(type) ? Number(value) / 1000 : value;
}

function tsvOf(type: ZeekType, value: ZeekValue): string {
  if (value === undefined) return UNSET;
  if (isTime(type)) return (Number(value) / 1000).toFixed(FRACTION);
  if (typeof value === "boolean") return value ? "T" : "F";
  const text = value instanceof Uint8Array
    ? escapedOctets(value)
    : escaped(`${value}`);
  if (text === "") return EMPTY;
  // What would be read as no value at all.
  return text === UNSET || text === EMPTY
    ? hex(text[0]!) + text.slice(1)
    : text;
}

function isTime(type: ZeekType): boolean {
  return type === "time" || type === "interval";
}

const ENCODER = new TextEncoder();

/** Writes what is not printable ASCII, and backslashes, in hexadecimal. */
function escaped(text: string): string {
  return text.replaceAll(/[^ -[\]-~]/gu, hex);
}

/** The same of octets that may be no text. */
function escapedOctets(octets: Uint8Array): string {
  return Array.from(octets, (octet) => String.fromCharCode(octet)).join("")
    .replaceAll(
      /[^ -[\]-~]/g,
      (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
}

function hex(char: string): string {
  return ENCODER.encode(char).toHex().replaceAll(/../g, "\\x$&");
}

/** The time now, as it is in a header: local time, which is UTC here. */
function stamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(/[T:]/g, "-");
}
