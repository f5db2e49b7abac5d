/**
 * The configuration file as a list of all that it can say, made from the same
 * descriptions as the help.
 *
 * @module
 */

import type { DocEntry, DocPage } from "@optique/core/doc";
import { formatMessage } from "@optique/core/message";

const WIDTH = 78; // columns of a comment

const HEAD = `# Configuration of masscanned: the long names of its options.
# What the command line says as well, it says instead. The service writes below
# /var/log/masscanned only, where relative paths begin, and serves no metrics
# unless its unit lets it: see masscanned(8), FILES.
`;

/** Something that can be given for an option, or for a value of this name. */
const VALUES: Readonly<Record<string, string | number>> = {
  "ADDR:PORT": "127.0.0.1:9100",
  HEX: "000102030405060708090a0b0c0d0e0f",
  LIST: "192.0.2.10,2001:db8::/120",
  MAC: "02:00:5e:00:53:01",
  NAME: "eth0",
  "OURS=PUBLIC": "0.255.0.1=192.0.2.1",
  "--events": "events.ndjson",
  "--ivre": "ivre.json",
  "--pcap": "scan.pcapng",
  "--remote-ip-deny-file": "/etc/masscanned/deny.txt",
  "--self-ip-file": "/etc/masscanned/ips.txt",
  "--user": "masscanned",
  "--zeek": "zeek",
  PORTS: "tcp/22,80,8000-8100,udp/53",
  PROTOCOLS: "http,ssh",
};

/**
 * Writes a file that says nothing, and shows in comments what it could.
 *
 * @param page Documentation of a command.
 * @returns A key for every option that has a long name.
 *
 * @ignore
 */
export function exampleOf(page: DocPage): string {
  const entries = page.sections.flatMap(({ entries }) => entries);
  return HEAD + entries.map(settingOf).join("");
}

/** An option with its description; empty if it has no long name. */
function settingOf(entry: DocEntry): string {
  const { choices, description = [], term } = entry;
  if (term.type !== "option") return "";
  const name = term.names.find((name) => name.startsWith("--"));
  if (name === undefined || name === "--config") return "";
  const says = formatMessage(description).replaceAll(/\s+/g, " ");
  const among = choices === undefined ? "" : ` One of ${plain(choices)}.`;
  return `\n${wrap(says + among)}#${name.slice(2)} = ${valueOf(entry)}\n`;
}

/** The default, or else an example, as TOML. */
function valueOf({ choices, default: byDefault, term }: DocEntry): string {
  if (term.type !== "option" || term.metavar === undefined) return "true";
  const example = term.names.map((name) => VALUES[name]).find(Boolean);
  const value = byDefault === undefined
    ? example ?? VALUES[term.metavar] ??
      (choices && plain(choices).split(", ")[0])
    : plain(byDefault).replaceAll('"', "");
  const isNumber = value !== undefined && /^\d+$/.test(String(value));
  return isNumber ? String(value) : JSON.stringify(value ?? term.metavar);
}

/** A message without quotes. */
function plain(message: DocEntry["choices"] & object): string {
  return formatMessage(message, { quotes: false }).replaceAll(/\s+/g, " ");
}

/** Comment lines of {@linkcode WIDTH} columns at most. */
function wrap(words: string): string {
  const lines = [""];
  for (const word of words.split(" ")) {
    if (lines.at(-1)!.length + word.length + 3 > WIDTH) lines.push("");
    lines.push(`${lines.pop()} ${word}`);
  }
  return lines.map((line) => `#${line}\n`).join("");
}
