/**
 * What the command line can ask for.
 *
 * @module
 */

import type { Persona } from "../persona.ts";
import type { OpenPorts } from "../ports.ts";
import type { ShareOptions } from "../share/options.ts";

/** Options of every command that answers frames. */
export interface AnswerOptions {
  /** Paths of files that list the addresses to answer for. */
  readonly selfIpFiles: readonly string[];
  /** Inline lists of the addresses to answer for. */
  readonly selfIpLists: readonly string[];
  /** Paths of files that list the addresses never to answer. */
  readonly denyFiles: readonly string[];
  /** Inline lists of the addresses never to answer. */
  readonly denyLists: readonly string[];
  /** Inline lists of what clients call our addresses: `inner=outer`. */
  readonly publicIps: readonly string[];
  /** MAC address to answer with, 6 octets. */
  readonly mac: Uint8Array | undefined;
  /** Who to pretend to be. */
  readonly persona: Persona;
  /** Which ports are open. */
  readonly ports: OpenPorts;
  /** Names of the protocols that are spoken. */
  readonly protocols: readonly string[];
  /**
   * How many times as long as a datagram its answer may be, both with their IP
   * headers; infinity: there is no limit.
   */
  readonly amplificationLimit: number;
  /** How the log of packets is written; absent: there is none. */
  readonly format: "console" | "logfmt" | "json" | undefined;
  /** Path that events are written to; `-`: standard output; absent: none are. */
  readonly events: string | undefined;
  /** Which logs of Zeek are written; absent: none are. */
  readonly zeek: ZeekOptions | undefined;
  /** Path that records of IVRE are written to; `-`: standard output. */
  readonly ivre: string | undefined;
  /** How often `-v` was given. */
  readonly verbosity: number;
  /** Whether `-q` was given, which outdoes `-v`. */
  readonly quiet: boolean;
  /** Path of the configuration file, which was read. */
  readonly config: string | undefined;
  /** Key of the SYN cookies, 16 octets; for tests. */
  readonly cookieKey: Uint8Array | undefined;
}

/** Logs as Zeek writes them. */
export interface ZeekOptions {
  /** Path of the folder that they are in. */
  readonly folder: string;
  /** Values between tabs, or JSON. */
  readonly format: "tsv" | "json";
}

/** Options of a command that answers on an interface. */
export interface RunOptions extends AnswerOptions {
  /** Names of the interfaces, of 1 to 15 octets each; at least one. */
  readonly ifaces: readonly string[];
  /** Whether to refuse addresses that somebody else on the link has. */
  readonly probe: boolean;
  /** User to become once the sockets are open; absent: nobody, if root. */
  readonly user: string | undefined;
  /** Packet workers on each interface, at least 1. */
  readonly workers: number;
  /** What is captured; absent: nothing. */
  readonly pcap: PcapOptions | undefined;
  /** Where metrics are served; absent: nowhere. */
  readonly metrics: Endpoint | undefined;
}

/** Where somebody listens. */
export interface Endpoint {
  /** An IP address. */
  readonly hostname: string;
  /** A TCP port. */
  readonly port: number;
}

/** Answers on an interface. */
export interface RunCommand extends RunOptions {
  /** Tells the commands apart. */
  readonly command: "run";
}

/** Says what gives away whoever answers so. */
export interface AuditCommand extends RunOptions {
  /** Tells the commands apart. */
  readonly command: "self-audit";
}

/** A capture of what comes in and what goes out. */
export interface PcapOptions {
  /** Path of the file that is written; `-` is standard output. */
  readonly path: string;
  /** How much of it is kept. */
  readonly limits: {
    /** Octets of one file, about. */
    readonly fileLen: number;
    /** Longest that one file is written to, in milliseconds. */
    readonly fileTime: number;
    /** Number of files, the one that is written included. */
    readonly files: number;
  };
}

/** Answers a capture. */
export interface ReplayCommand extends AnswerOptions {
  /** Tells the commands apart. */
  readonly command: "replay";
  /** Path of the capture to read. */
  readonly input: string;
  /** Path of the capture to write the answers to. */
  readonly output: string | undefined;
}

/** Says whether a configuration file can be used, and what it would do. */
export interface CheckCommand {
  /** Tells the commands apart. */
  readonly command: "check";
  /** Path of the file. */
  readonly path: string;
  /** Its settings, as they stand on a command line. */
  readonly settings: readonly string[];
  /** Whether they name an interface; if not, the command line has to. */
  readonly hasIface: boolean;
  /** What it asks for. */
  readonly asked: RunCommand;
}

/** Shares addresses of the host with masscanned. */
export interface ShareUpCommand extends ShareOptions {
  /** Tells the commands apart. */
  readonly command: "share";
  /** Tells its commands apart. */
  readonly action: "up";
  /** Whether only to say what would be done. */
  readonly dryRun: boolean;
}

/** Ends the sharing of addresses. */
export interface ShareDownCommand {
  /** Tells the commands apart. */
  readonly command: "share";
  /** Tells its commands apart. */
  readonly action: "down";
  /** Whether only to say what would be done. */
  readonly dryRun: boolean;
}

/** Says which addresses are shared. */
export interface ShareStatusCommand {
  /** Tells the commands apart. */
  readonly command: "share";
  /** Tells its commands apart. */
  readonly action: "status";
}

/** What is about addresses that are the host's, too. */
export type ShareCommand =
  | ShareUpCommand
  | ShareDownCommand
  | ShareStatusCommand;

/** Prints help, the version, a completion or a usage error, and ends. */
export interface PrintCommand {
  /** Tells the commands apart. */
  readonly command: "print";
  /** Whole lines: for stdout if `status` is 0, else for stderr. */
  readonly text: string;
  /** Exit status. */
  readonly status: number;
}

/** What the command line asks for. */
export type Command =
  | RunCommand
  | ReplayCommand
  | ShareCommand
  | AuditCommand
  | CheckCommand
  | PrintCommand;
