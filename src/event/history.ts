/**
 * What happens on a connection in the letters of Zeek, and what state that
 * leaves it in.
 *
 * @see {@link https://docs.zeek.org/en/current/scripts/base/protocols/conn/main.zeek.html | Zeek, conn.log}
 * @module
 */

/** Flag of a segment. */
export const FIN = 0x01;
/** See {@linkcode FIN}. */
export const SYN = 0x02;
/** See {@linkcode FIN}. */
export const RST = 0x04;
/** See {@linkcode FIN}. */
export const ACK = 0x10;

/**
 * Names a segment: one letter, or none if it says nothing.
 *
 * @param flags Its flags.
 * @param length Its payload, in octets.
 * @returns The letter of the originator, in upper case.
 */
export function letterOf(flags: number, length: number): string {
  switch (flags & (SYN | FIN | RST)) {
    case 0:
      if (length > 0) return "D";
      return (flags & ACK) !== 0 ? "A" : "";
    case SYN:
      return (flags & ACK) !== 0 ? "H" : "S";
    case FIN:
      return "F";
    case RST:
      return "R";
    case FIN | RST:
      return "I"; // inconsistent
    default:
      return "Q"; // several flags
  }
}

/** What one end of a connection was seen to do. */
type End =
  | "inactive"
  | "partial" // something before its SYN
  | "syn sent"
  | "established"
  | "closed"
  | "reset";

/**
 * Tells the `conn_state` of a TCP connection.
 *
 * As Zeek does, in two steps: the letters say how far each end got, and that
 * says the state. Where both ends sent FIN, a RST counts for nothing.
 *
 * @param history What happened, in the letters of Zeek.
 * @param isEmpty Whether neither end sent any payload.
 * @returns Such as `SF`.
 */
export function connStateOf(history: string, isEmpty: boolean): string {
  let orig: End = "inactive";
  let resp: End = "inactive";
  for (const [i, letter] of [...history].entries()) {
    const before = history.slice(0, i);
    if (letter === "F" && resp === "reset" && before.includes("f")) {
      resp = "closed";
    } else if (letter === "f" && orig === "reset" && before.includes("F")) {
      orig = "closed";
    }
    if (letter === "h") {
      if (orig === "syn sent") orig = "established";
      resp = "established";
    } else if (letter === letter.toUpperCase()) {
      orig = after(orig, resp, letter);
    } else {
      resp = after(resp, orig, letter.toUpperCase());
    }
  }
  const isMute = (end: End): boolean => end === "inactive" || end === "partial";
  if (resp === "reset") {
    if (orig === "syn sent" || orig === "reset" && isEmpty) return "REJ";
    return isMute(orig) ? "RSTRH" : "RSTR";
  }
  if (orig === "reset") {
    if (!isMute(resp)) return "RSTO";
    return /^S[^HAFGIQ]*R/.test(history) ? "RSTOS0" : "OTH";
  }
  if (orig === "closed" && resp === "closed") return "SF";
  if (orig === "closed") return isMute(resp) ? "SH" : "S2";
  if (resp === "closed") return isMute(orig) ? "SHR" : "S3";
  if (orig === "syn sent" && resp === "inactive") return "S0";
  return orig === "established" && resp === "established" ? "S1" : "OTH";
}

/** What an end is once it has sent something. */
function after(end: End, other: End, letter: string): End {
  switch (letter) {
    case "S":
    case "H":
      return end === "inactive" || end === "partial" ? "syn sent" : end;
    case "F":
      return end === "reset" ? end : "closed";
    case "R":
    case "I":
      return end === "closed" && other === "closed" ? end : "reset";
    case "Q":
      return end === "inactive" ? "closed" : end; // mostly SYN and FIN
    case "A":
    case "D":
      return end === "inactive" ? "partial" : end;
    default:
      return end; // a wrong checksum is nothing that happened
  }
}
