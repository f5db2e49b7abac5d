/**
 * Who the program pretends to be: what its stack looks like and what its
 * services say. Data, so that no constant of it stands in code.
 *
 * @module
 */

/** A system as its peers see it, consistent on every layer. */
export interface Persona {
  /** Name that `--persona` takes. */
  readonly name: string;
  /** What every packet looks like. */
  readonly ip: IpPersona;
  /** What every segment looks like. */
  readonly tcp: TcpPersona;
  /**
   * Whether it refuses: a reset for a segment to a closed port or of no
   * connection, an ICMP error for a datagram to a closed port. Otherwise such
   * get silence.
   */
  readonly refuses: boolean;
  /** Whether it answers TLS. */
  readonly speaksTls: boolean;
  /** Name of the host, in lower case and without a domain. */
  readonly hostName: string;
  /** What the web server says. */
  readonly http: HttpPersona;
  /** What the SSH server says. */
  readonly ssh: SshPersona;
  /** What the name server says. */
  readonly dns: DnsPersona;
  /** What the STUN server says. */
  readonly stun: StunPersona;
  /** What the port mapper says. */
  readonly rpc: RpcPersona;
  /** What the file server says. */
  readonly smb: SmbPersona;
}

/** Marks of an IP stack. */
export interface IpPersona {
  /** Initial time to live and hop limit, in `[1, 255]`. */
  readonly ttl: number;
  /**
   * Whether IPv4 packets are numbered: echo replies by a counter and
   * fragmentable, segments of a connection one after the other. Otherwise all
   * have identification 0 and may not be fragmented.
   */
  readonly numbersPackets: boolean;
  /**
   * Whether IPv6 packets carry a flow label, one for each connection; of ICMP,
   * one for each pair of hosts.
   */
  readonly labelsFlows: boolean;
  /**
   * Whether a neighbour that asks us alone is told no hardware address, since
   * it just used it; otherwise every solicitation gets the same answer.
   */
  readonly advertisesBriefly: boolean;
  /**
   * Whether an echo reply repeats the code of the request, which may be any,
   * and its type of service or traffic class. Otherwise a code that is not 0
   * gets silence.
   */
  readonly mirrorsEchoes: boolean;
}

/** Marks of a TCP. */
export interface TcpPersona {
  /**
   * Whether a SYN-ACK has options, MSS and what the SYN offered, and a window
   * of whole segments; if not, the window is 65,535.
   */
  readonly hasOptions: boolean;
  /** Shift count that is offered to a peer that can scale, in `[0, 14]`. */
  readonly windowScale: number;
  /** Flags that a SYN may carry besides SYN and still be answered. */
  readonly synFlags: number;
  /** Whether a SYN that asks for ECN is answered, RFC 3168 §6.1.1. */
  readonly acceptsEcn: boolean;
  /**
   * Whether a segment ahead of what is missing waits to be sent again, rather
   * than being taken as if nothing was missing.
   */
  readonly keepsOrder: boolean;
  /** Whether PSH is acknowledged even where there is nothing to push. */
  readonly acknowledgesPush: boolean;
}

/** What a web server says. */
export interface HttpPersona {
  /** Value of the `Server` field, and what pages are signed with. */
  readonly server: string;
  /** What the body of a page begins with. */
  readonly bodyTag: string;
  /** Name of the area that a password is asked for. */
  readonly realm: string;
  /** What ends a line of the head and of a page. */
  readonly lineEnd: string;
  /**
   * Whether requests are read as nginx reads them, and those that it does not
   * take get its errors. Otherwise nearly everything is taken, and methods that
   * HTTP does not define and requests that cannot be read get silence.
   */
  readonly answersOddRequests: boolean;
}

/** What an SSH server says. */
export interface SshPersona {
  /** Its identification, RFC 4253 §4.2, from `SSH-2.0-` on, without line end. */
  readonly identification: string;
  /** Whether key exchange begins after the identifications. */
  readonly exchangesKeys: boolean;
}

/** What a name server says. */
export interface DnsPersona {
  /** Answer to `version.bind`. */
  readonly version: string;
  /**
   * Whether every question gets an answer, be it an error, rather than those
   * alone that ask for an IPv4 address.
   */
  readonly answersEverything: boolean;
}

/** What a STUN server says. */
export interface StunPersona {
  /**
   * Whether answers have all that RFC 8489 asks for, rather than the mapped
   * address of RFC 3489 alone.
   */
  readonly answersInFull: boolean;
}

/** What a port mapper says. */
export interface RpcPersona {
  /** Whether it answers as the original program does, faults and all. */
  readonly followsOriginal: boolean;
}

/** What an SMB server says. */
export interface SmbPersona {
  /** Operating system, in the answer to a session setup of SMB1. */
  readonly nativeOs: string;
  /** LAN manager, in the same place. */
  readonly nativeLanManager: string;
  /** Domain or workgroup. */
  readonly domain: string;
  /** Version of Windows that NTLMSSP claims: major, minor, build. */
  readonly windowsVersion: readonly [number, number, number];
  /** Whether the lowest SMB2 dialect that is offered is taken. */
  readonly takesLowestDialect: boolean;
}
