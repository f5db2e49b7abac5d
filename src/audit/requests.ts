/**
 * The first words of scanners: a request of each service.
 *
 * @module
 */

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const hex = (octets: string): Uint8Array => Uint8Array.fromHex(octets);

/** Over TCP, by the name of the service. */
export const TCP_REQUESTS: Readonly<Record<string, Uint8Array>> = {
  http: text("GET / HTTP/1.1\r\nHost: host\r\n\r\n"),
  ssh: text("SSH-2.0-OpenSSH_9.2p1\r\n"),
  // A heartbeat of the malware: its name, both lengths, nothing compressed.
  gh0st: hex("47683073741600000001000000789c6300000001000100"),
  // SMB2 NEGOTIATE for 2.0.2 and 2.1, MS-SMB2 §2.2.3, in NetBIOS' frame.
  smb: hex(
    "00000068" + "fe534d42" + "4000" + "00".repeat(58) + "2400020001000000" +
      "00".repeat(28) + "02021002",
  ),
  // NULL of the port mapper, version 2, RFC 1833; in a record, RFC 5531 §11.
  rpc: hex(
    "80000028" + "00000001" + "00000000" + "00000002" + "000186a0" +
      "00000002" + "00000000" + "00".repeat(16),
  ),
  // www.example.com IN A, RFC 1035 §4.2.2.
  dns: hex(
    "0021" + "133701000001000000000000" +
      "037777770765786d616d706c6503636f6d00" + "00010001",
  ),
  // A ClientHello of TLS 1.2 with one cipher, RFC 5246 §7.4.1.2.
  tls: hex(
    "160301002d" + "01000029" + "0303" + "00".repeat(32) + "00" + "0002c02f" +
      "0100",
  ),
  // A binding request, RFC 8489 §5.
  stun: hex("000100002112a442000102030405060708090a0b"),
};

/** Over UDP. */
export const UDP_REQUESTS: Readonly<Record<string, Uint8Array>> = {
  dns: TCP_REQUESTS.dns!.subarray(2),
  rpc: TCP_REQUESTS.rpc!.subarray(4),
  stun: TCP_REQUESTS.stun!,
};

/** What nobody understands. */
export const NONSENSE: Uint8Array = text("\x01masscan\x01nobody speaks this\n");

/** Services that clients expect on a TCP port, IANA's and by custom. */
export const USUAL: ReadonlyMap<number, string> = new Map([
  [21, "ftp"],
  [22, "ssh"],
  [23, "telnet"],
  [25, "smtp"],
  [53, "dns"],
  [80, "http"],
  [110, "pop3"],
  [111, "rpc"],
  [139, "smb"],
  [143, "imap"],
  [443, "tls"],
  [445, "smb"],
  [465, "tls"],
  [587, "smtp"],
  [993, "tls"],
  [995, "tls"],
  [1433, "mssql"],
  [1883, "mqtt"],
  [2375, "http"],
  [3306, "mysql"],
  [3389, "rdp"],
  [3478, "stun"],
  [5060, "sip"],
  [5432, "postgresql"],
  [5900, "vnc"],
  [6379, "redis"],
  [8000, "http"],
  [8080, "http"],
  [8443, "tls"],
  [9200, "http"],
  [11211, "memcached"],
  [27017, "mongodb"],
]);
