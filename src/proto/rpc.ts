/**
 * ONC RPC: a port mapper, versions 2 to 4, that has nothing but itself to
 * offer. RFC 5531, RFC 1833.
 *
 * ```text
 *  accepted  | XID | 1 | 0 | verifier (0, 0) | status | results |
 *  denied    | XID | 1 | 1 | reason | why |
 * ```
 *
 * @module
 */

import { number } from "../note.ts";
import type { Persona } from "../persona.ts";
import {
  CLOSE,
  DECLINE,
  DONE,
  type Exchange,
  MORE,
  type Protocol,
  TCP,
  UDP,
} from "../protocol.ts";
import {
  BAD_CREDENTIAL,
  call,
  OTHER_RPC_VERSION,
  readCall,
  recognise,
  TOO_LONG,
  UNFINISHED,
  UNREADABLE,
  words,
} from "./rpc_call.ts";
import {
  IPPROTO_TCP,
  IPPROTO_UDP,
  putOwnAddress,
  putOwnMap,
  putPortMap,
  putServiceMap,
} from "./rpc_map.ts";

const REPLY = 1;
const RECORD_IS_LAST = 1 << 31;

const MSG_ACCEPTED = 0;
const MSG_DENIED = 1;

// Status of an accepted call, RFC 5531 §9.
const SUCCESS = 0;
const PROG_UNAVAIL = 1;
const PROG_MISMATCH = 2;
const PROC_UNAVAIL = 3;
const GARBAGE_ARGS = 4;
const SYSTEM_ERR = 5;
// Why one is denied.
const RPC_MISMATCH = 0;
const AUTH_ERROR = 1;
const AUTH_BADCRED = 1;
const AUTH_REJECTEDCRED = 2;
const AUTH_TOOWEAK = 5;

const AUTH_SYS = 1; // the highest flavor that is taken

const RPC_VERSION = 2;
const PORTMAP = 100_000;
const VERSION_FIRST = 2;
const VERSION_LAST = 4;

// Procedures, RFC 1833 §2.2.1 and §3.2.
const NULL = 0;
const SET = 1;
const UNSET = 2;
const GETPORT = 3; // in versions 3 and 4, GETADDR
const DUMP = 4;
const CALLIT = 5; // in version 4, BCAST
const GETTIME = 6;
const GETVERSADDR = 9;
const INDIRECT = 10;

const STRING_MAX = 1024; // longest argument that is read
const NMAP_VERSION = 104_316; // what nmap asks for, to hear which there are

// Fields of the notes.
const FIELDS = [
  { name: "rpc.program", read: number },
  { name: "rpc.version", read: number },
  { name: "rpc.procedure", read: number },
  "rpc.auth.machine_name",
  { name: "rpc.argument.program", read: number },
];
const PROGRAM = 0;
const VERSION = 1;
const PROCEDURE = 2;
const MACHINE_NAME = 3;
const ARGUMENT_PROGRAM = 4;

/** Whether a persona answers as the original program does, faults and all. */
function followsOriginal(persona: Persona): boolean {
  return persona.rpc.followsOriginal;
}

function check(exchange: Exchange): number {
  return recognise(exchange, !followsOriginal(exchange.persona));
}

/**
 * Answers one call.
 *
 * @param exchange Request: a datagram or, over TCP, a record.
 * @returns `MORE`, `DONE`, `CLOSE` or `DECLINE`.
 */
function reply(exchange: Exchange): number {
  const { answer, arena, persona, transport } = exchange;
  const isStream = transport === TCP;
  words.open(exchange);
  const recordEnd = words.recordEnd();
  if (recordEnd === UNFINISHED) return MORE;
  if (recordEnd === TOO_LONG) return CLOSE;
  exchange.next = recordEnd;
  const isOriginal = followsOriginal(persona);
  const verdict = readCall(exchange, isOriginal);
  // Nobody answers an answer; a server hangs up on what it cannot read.
  if (verdict === UNREADABLE) return isStream ? CLOSE : DECLINE;

  noteCall(exchange);
  if (isStream) answer.putUint32(RECORD_IS_LAST);
  answer.putUint32(call.xid);
  answer.putUint32(REPLY);
  if (verdict === OTHER_RPC_VERSION) {
    answer.putUint32(MSG_DENIED);
    answer.putUint32(RPC_MISMATCH);
    answer.putUint32(RPC_VERSION);
    answer.putUint32(RPC_VERSION);
  } else if (isOriginal) answerAsOriginal(exchange);
  else if (verdict === BAD_CREDENTIAL) deny(exchange, AUTH_BADCRED);
  else if (call.flavor < 0 || call.flavor > AUTH_SYS) {
    deny(exchange, AUTH_REJECTEDCRED);
  } else if (!answerAsRpcbind(exchange)) answer.clear();
  if (isStream && answer.end > answer.at) {
    const length = answer.end - answer.at - 4;
    arena.view.setInt32(answer.at, RECORD_IS_LAST | length);
  }
  return DONE;
}

/** Notes what is called. */
function noteCall(exchange: Exchange): void {
  noteWord(exchange, PROGRAM, call.programAt);
  noteWord(exchange, VERSION, call.versionAt);
  noteWord(exchange, PROCEDURE, call.procedureAt);
  if (call.machineAt >= 0) {
    exchange.note(MACHINE_NAME, call.machineAt, call.machineEnd);
  }
}

function noteWord(exchange: Exchange, field: number, at: number): void {
  if (at >= 0) exchange.note(field, at, at + 4);
}

/** Writes that a call is not from somebody who may. */
function deny({ answer }: Exchange, why: number): void {
  answer.putUint32(MSG_DENIED);
  answer.putUint32(AUTH_ERROR);
  answer.putUint32(why);
}

/** Writes the start of an answer that may have results. */
function accept({ answer }: Exchange, status: number): void {
  answer.putUint32(MSG_ACCEPTED);
  answer.putUint32(0); // a verifier of flavor AUTH_NONE
  answer.putUint32(0); // and no length
  answer.putUint32(status);
}

/** Writes that there is no such version of a program, but others. */
function mismatch(exchange: Exchange): void {
  accept(exchange, PROG_MISMATCH);
  exchange.answer.putUint32(VERSION_FIRST);
  exchange.answer.putUint32(VERSION_LAST);
}

/** Whether there is a version of the port mapper. */
function hasVersion(version: number): boolean {
  return version >= VERSION_FIRST && version <= VERSION_LAST;
}

/** Answers a call the way rpcbind does; false if that is silent. */
function answerAsRpcbind(exchange: Exchange): boolean {
  const { procedure, version } = call;
  if (call.program !== PORTMAP) accept(exchange, PROG_UNAVAIL);
  else if (!hasVersion(call.version)) mismatch(exchange);
  else if (procedure === NULL) accept(exchange, SUCCESS);
  else if (procedure === DUMP) {
    accept(exchange, SUCCESS);
    if (version === 2) putPortMap(exchange);
    else putServiceMap(exchange);
  } else if (
    procedure === SET || procedure === UNSET || procedure === GETPORT ||
    (procedure === GETVERSADDR && version === 4)
  ) answerAbout(exchange);
  else if (procedure === CALLIT || (procedure === INDIRECT && version === 4)) {
    return false; // a way to make others' servers answer a forged source
  } else if (procedure === GETTIME && version > 2) {
    accept(exchange, SUCCESS);
    exchange.answer.putUint32(Math.floor(exchange.now / 1000));
  } else accept(exchange, PROC_UNAVAIL);
  return true;
}

/** Answers a procedure that is about a program: its argument. */
function answerAbout(exchange: Exchange): void {
  const { answer, selfPort } = exchange;
  const { procedure } = call;
  const program = words.word();
  const programAt = words.wordAt;
  const version = words.word();
  let transport = 0;
  if (call.version === 2) {
    transport = words.word();
    words.word(); // port
  } else { // netid, address, owner
    for (let i = 0; i < 3; i++) words.opaque(words.word(), STRING_MAX);
  }
  if (words.isShort) {
    accept(exchange, GARBAGE_ARGS);
    return;
  }
  noteWord(exchange, ARGUMENT_PROGRAM, programAt);
  if (procedure === SET || procedure === UNSET) { // for the host itself alone
    deny(exchange, AUTH_TOOWEAK);
    return;
  }
  accept(exchange, SUCCESS);
  if (call.version === 2) {
    const isKnown = program === PORTMAP &&
      (transport === IPPROTO_TCP || transport === IPPROTO_UDP);
    answer.putUint32(isKnown ? selfPort : 0);
    return;
  }
  // GETADDR takes any version: whoever calls that one will hear which there is.
  const isKnown = program === PORTMAP &&
    (procedure === GETPORT || hasVersion(version));
  if (isKnown) putOwnAddress(exchange);
  else answer.putUint32(0); // an empty string
}

/** Answers a call by the rules of the original program. */
function answerAsOriginal(exchange: Exchange): void {
  if (!hasVersion(call.version)) mismatch(exchange);
  else if (call.procedure === NULL) accept(exchange, SUCCESS);
  else if (call.program !== PORTMAP) accept(exchange, PROG_UNAVAIL);
  else if (call.procedure === GETPORT) {
    accept(exchange, SUCCESS);
    if (call.version === 2) exchange.answer.putUint32(exchange.selfPort);
    else putOwnAddress(exchange);
  } else if (call.procedure === DUMP) {
    accept(exchange, SUCCESS);
    putOwnMap(exchange, call.version > 2);
  } else accept(exchange, SYSTEM_ERR);
}

/** Says what was called, in the words of the original program. */
function summary(values: ReadonlyMap<string, string>): string {
  const [program, version, procedure] = ["program", "version", "procedure"]
    .map((field) => Number(values.get(`rpc.${field}`)));
  if (!hasVersion(version!)) {
    const probe = version === NMAP_VERSION ? " (Nmap probe TCP RPCCheck)" : "";
    return `RPC: unsupported version ${version}${probe} for program ${program}`;
  }
  if (procedure === NULL) {
    return `RPC: NULL procedure call for program ${program}`;
  }
  return program === PORTMAP
    ? `RPC: Portmap version ${version}, procedure ${procedure}`
    : `Unknown program ${program}, procedure ${procedure}: accepted state ${PROG_UNAVAIL}`;
}

/** ONC RPC and its port mapper. */
export const rpc: Protocol = {
  name: "sunrpc",
  transports: TCP | UDP,
  patterns: [],
  check,
  reply,
  fields: FIELDS,
  summary,
};
