/**
 * The command `share` and its own commands.
 *
 * What is exported has types of the library that reads the command line, and is
 * internal to `src/cli.ts` for that reason.
 *
 * @module
 */

import { object, or } from "@optique/core/constructs";
import { message, optionNames, text } from "@optique/core/message";
import { map, multiple } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { command, constant, option } from "@optique/core/primitives";
import type { Usage } from "@optique/core/usage";
import type { ShareCommand } from "./command.ts";
import { readPortRanges } from "./ports.ts";
import { valueParser } from "./value_parser.ts";
import { readAddresses, readIface } from "./values.ts";

const IFACE = valueParser("NAME", "a name of 1 to 15 octets", readIface);
const ADDRESSES = valueParser(
  "LIST",
  "addresses, separated by commas",
  readAddresses,
);
const PORTS = valueParser(
  "LIST",
  "ports such as tcp/22,udp/60000-61000",
  readPortRanges,
);

/**
 * How `share` is used, in help.
 *
 * @ignore
 */
export const SHARE_USAGE: Usage = [
  { type: "literal", value: "up|status|down" },
  { type: "literal", value: "[OPTION...]" },
];

const dryRun = option("-n", "--dry-run", {
  description: message`Print the commands instead of running them.`,
});

const UP = object("Options", {
  command: constant("share"),
  action: constant("up"),
  iface: option("-i", "--interface", IFACE, {
    description: message`Interface that has the addresses. Required.`,
  }),
  addresses: map(
    multiple(
      option("-a", "--address", ADDRESSES, {
        description:
          message`Addresses of the host to share, separated by commas. Required.`,
      }),
      {
        min: 1,
        errors: {
          tooFew: message`Missing option ${optionNames(["-a", "--address"])}.`,
        },
      },
    ),
    (lists) => [...new Set(lists.flat())],
  ),
  keep: map(
    multiple(option("-k", "--keep", PORTS, {
      description:
        message`Ports that stay with the host, such as tcp/22,udp/123.`,
    })),
    (lists) => lists.flat(),
  ),
  force: option("--force", {
    description:
      message`Share even if that closes the last way to log in, for there is another.`,
  }),
  dryRun,
});

const DOWN = object("Options", {
  command: constant("share"),
  action: constant("down"),
  dryRun,
});

const STATUS = object("Options", {
  command: constant("share"),
  action: constant("status"),
});

/**
 * The command.
 *
 * @ignore
 */
export const SHARE: Parser<"sync", ShareCommand, unknown> = command(
  "share",
  or(
    command("up", UP, {
      description:
        message`Send what comes to addresses of the host to masscanned, but for the ports that it keeps.`,
    }),
    command("status", STATUS, {
      description:
        message`Say what is shared. Exit status: 0 if something is, 3 if nothing, 1 if it is broken.`,
    }),
    command("down", DOWN, {
      description: message`Undo all that share up did.`,
    }),
    {
      errors: {
        noMatch: message`Say which: ${text("share up, status or down")}.`,
      },
    },
  ),
  {
    description:
      message`Use addresses that the host uses, too: needs root, and nftables or iptables.`,
    usageLine: SHARE_USAGE,
  },
);
