/**
 * Judges logs in the format of Zeek: by the fields that Zeek documents of
 * `conn.log`, and those that IVRE's scripts for Zeek have.
 *
 * @see {@link https://docs.zeek.org/en/current/log-formats.html | Zeek log formats}
 * @module
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";

/** A line of a log, by the names of its fields. */
export type Row = Readonly<Record<string, string>>;

/** What a log has to be. */
export interface LogRules {
  /** What Zeek calls it. */
  readonly path: string;
  /** Fields and their types; of some, what their values look like. */
  readonly fields: readonly (readonly [
    name: string,
    type: string,
    value?: RegExp,
  ])[];
}

const UID = /^C[0-9A-Za-z]{12}$/;

/** `conn.log`, as Zeek 8 documents it. */
export const CONN: LogRules = {
  path: "conn",
  fields: [
    ["ts", "time"],
    ["uid", "string", UID],
    ["id.orig_h", "addr"],
    ["id.orig_p", "port"],
    ["id.resp_h", "addr"],
    ["id.resp_p", "port"],
    ["proto", "enum", /^(tcp|udp|icmp)$/],
    ["service", "string", /^[!-~]+$/],
    ["duration", "interval"],
    ["orig_bytes", "count"],
    ["resp_bytes", "count"],
    [
      "conn_state",
      "string",
      /^(S[0-3F]|REJ|RST[OR]|RSTOS0|RSTRH|SHR?|OTH)$/,
    ],
    ["local_orig", "bool"],
    ["local_resp", "bool"],
    ["missed_bytes", "count"],
    ["history", "string", /^[A-Za-z^]+$/],
    ["orig_pkts", "count"],
    ["orig_ip_bytes", "count"],
    ["resp_pkts", "count"],
    ["resp_ip_bytes", "count"],
    ["tunnel_parents", "set[string]"],
    ["ip_proto", "count"],
    ["community_id", "string", /^1:[\w+/]{27}=$/],
  ],
};

/** What IVRE 0.9.20 has in `zeek/ivre/passiverecon/__load__.zeek`. */
export const PASSIVE_RECON: LogRules = {
  path: "passive_recon",
  fields: [
    ["ts", "time"],
    ["uid", "string", UID],
    ["host", "addr"],
    ["srvport", "port"],
    [
      "recon_type",
      "enum",
      /^PassiveRecon::(DNS_HONEYPOT_QUERY|HTTP_(CLIENT_HEADER|HONEYPOT_REQUEST)|NTLM_AUTHENTICATE|SSH_CLIENT(_ALGOS|_HASSH)?|SSL_CLIENT|(TCP|UDP)_HONEYPOT_HIT)$/,
    ],
    ["source", "string"],
    ["value", "string"],
    ["targetval", "string"],
  ],
};

/** What a value of each type looks like, unless it is unset. */
const VALUES: Readonly<Record<string, RegExp>> = {
  addr: /^(\d+(\.\d+){3}|[\da-f:]+)$/,
  bool: /^[TF]$/,
  count: /^\d+$/,
  interval: /^\d+\.\d{6}$/,
  port: /^\d{1,5}$/,
  "set[string]": /^$/,
  string: /^[ -~]+$/,
  time: /^\d{10}\.\d{6}$/,
};
const UNSET = "-";
const STAMP = /(?<=^#(?:open|close))\t\d{4}(-\d\d){5}$/;

/**
 * Reads a log in columns, and fails if there is a fault in it. It may have been
 * opened several times, and need not have been closed.
 *
 * @param log The text of the file.
 * @param rules What it has to be.
 * @returns Its lines but headers and footers.
 */
export function readColumns(log: string, rules: LogRules): Row[] {
  const { fields, path } = rules;
  const header = [
    "#separator \\x09",
    "#set_separator\t,",
    "#empty_field\t(empty)",
    "#unset_field\t-",
    `#path\t${path}`,
    "#open",
    ["#fields", ...fields.map(([name]) => name)].join("\t"),
    ["#types", ...fields.map(([, type]) => type)].join("\t"),
  ];
  const lines = log.split("\n");
  strictEqual(lines.pop(), ""); // the last one is whole
  const around = lines.filter((line) => line.startsWith("#"))
    .map((line) => line.replace(STAMP, ""));
  for (let i = 0; i < around.length;) {
    deepStrictEqual(around.slice(i, i += header.length), header);
    if (around[i] === "#close") i++;
  }
  if (lines.length > 0) strictEqual(lines[0], header[0]); // else just opened
  return lines.filter((line) => !line.startsWith("#")).map((line) => {
    const values = line.split("\t");
    strictEqual(values.length, fields.length, line);
    return judge(
      Object.fromEntries(fields.map(([name], i) => [name, values[i]!])),
      rules,
    );
  });
}

/**
 * Reads a log of one JSON object a line, and fails if there is a fault in it.
 *
 * @param log The text of the file.
 * @param rules What it has to be.
 * @returns Its lines, with values as columns have them.
 */
export function readJson(log: string, rules: LogRules): Row[] {
  const types = new Map(rules.fields.map(([name, type]) => [name, type]));
  const lines = log.split("\n");
  strictEqual(lines.pop(), "");
  return lines.map((line) => {
    const values = Object.entries(JSON.parse(line)).map(([name, value]) => {
      const type = types.get(name);
      ok(type !== undefined, name);
      return [name, columnOf(type, value)] as const;
    });
    return judge(Object.fromEntries(values), rules);
  });
}

function columnOf(type: string, value: unknown): string {
  if (typeof value === "boolean") return value ? "T" : "F";
  return typeof value === "number" && (type === "time" || type === "interval")
    ? value.toFixed(6)
    : `${value}`;
}

function judge(row: Row, { fields }: LogRules): Row {
  for (const [name, type, value] of fields) {
    const given = row[name] ?? UNSET;
    if (given !== UNSET) match(given, value ?? VALUES[type]!, name);
  }
  return row;
}
