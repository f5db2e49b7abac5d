/**
 * Who the services say they are, and whether that can be.
 *
 * @module
 */

import type { Criterion } from "./finding.ts";
import { TCP_REQUESTS } from "./requests.ts";
import type { Suspect } from "./suspect.ts";

/** What servers call themselves, RFC 4253 §4.2. */
const SSH_SERVERS =
  /^SSH-2\.0-(?:OpenSSH_\d|dropbear_\d|libssh[_-]\d|Cisco-|ROSSSH|lancom|WeOnlyDo|mod_sftp)/;

/** What honeypots say unless they are told otherwise. */
const SSH_HONEYPOTS = [
  "SSH-2.0-OpenSSH_5.1p1 Debian-5", // Kippo
  "SSH-2.0-OpenSSH_6.0p1 Debian-4+deb7u2", // Cowrie
];

/** One story a host, or none. */
const oneSystem: Criterion = {
  name: "one system on every layer",
  examine: (suspect) => {
    const claims = claimsOf(suspect);
    const systems = new Set(claims.map(([, system]) => system));
    if (systems.size <= 1) return undefined;
    const story = claims.map(([where, system]) => `${where} ${system}`);
    return {
      level: "high",
      what:
        `who this is depends on who is asked: ${story.join(", ")}; nuclei ` +
        `counts technologies that exclude each other`,
      remedy: "--persona linux",
    };
  },
};

/** Each layer that names a system. */
function claimsOf(suspect: Suspect): [where: string, system: string][] {
  const { persona, spoken } = suspect.options;
  const [port] = suspect.openPorts;
  const texts: [where: string, text: string][] = [
    ["SSH says", sayingOf(suspect, "ssh")],
    ["HTTP says", /^Server: (.*)/m.exec(sayingOf(suspect, "http"))?.[1] ?? ""],
    ["SMB says", spoken.includes("smb") ? persona.smb.nativeLanManager : ""],
  ];
  const claims = texts.flatMap(([where, text]): [string, string][] => {
    if (/Debian|Ubuntu|FreeBSD|Samba/.test(text)) return [[where, "Unix"]];
    return /Windows|IIS/.test(text) ? [[where, "Windows"]] : [];
  });
  const ttl = port === undefined ? 0 : suspect.call(port).answer!.ttl;
  if (ttl === 64) claims.push(["the TTL is that of", "Unix"]);
  if (ttl === 128) claims.push(["the TTL is that of", "Windows"]);
  return claims;
}

/** An SSH server that does not exist, or is known too well. */
const sshServer: Criterion = {
  name: "SSH server",
  examine: (suspect) => {
    const said = sayingOf(suspect, "ssh");
    if (!said.startsWith("SSH-")) return undefined;
    const [identification = ""] = said.split("\r\n");
    const remedy = "--persona linux, or --no-protocols ssh";
    if (SSH_HONEYPOTS.includes(identification)) {
      const what = `"${identification}" is a honeypot's default, as nmap knows`;
      return { level: "high", what, remedy };
    }
    if (!SSH_SERVERS.test(identification)) {
      const what = `"${identification}" is no SSH server's identification`;
      return { level: "medium", what, remedy };
    }
    if (said.length > `${identification}\r\n`.length) return undefined;
    const what = "no key exchange follows the SSH identification";
    return { level: "medium", what, remedy };
  },
};

/** A server without a certificate. */
const handshakes: Criterion = {
  name: "TLS handshakes",
  examine: (suspect) => {
    if (sayingOf(suspect, "tls") === "") return undefined;
    return {
      level: "note",
      what: "every TLS handshake fails, as on a server without a certificate",
      remedy: "so it is meant; --no-protocols tls",
    };
  },
};

/** Malware on a server. */
const malware: Criterion = {
  name: "malware",
  examine: (suspect) => {
    if (sayingOf(suspect, "gh0st") === "") return undefined;
    return {
      level: "medium",
      what: "a Gh0st controller answers, which no server of this persona has",
      remedy: "--no-protocols gh0st",
    };
  },
};

/** Criteria on services. */
export const SERVICE_CRITERIA: readonly Criterion[] = [
  oneSystem,
  sshServer,
  handshakes,
  malware,
];

/** What is said to a request, in Latin-1. */
function sayingOf(suspect: Suspect, service: string): string {
  const [port] = suspect.openPorts;
  if (port === undefined) return "";
  const said = suspect.call(port).ask(TCP_REQUESTS[service]!);
  return String.fromCharCode(...said);
}
