/**
 * What a client answered to an NTLM challenge, in the form that password
 * crackers read: hashcat's modes 5500 and 5600, `netntlm` and `netntlmv2` of
 * John the Ripper.
 *
 * ```text
 *  version 1   user::domain:LM response:NT response:challenge
 *  version 2   user::domain:challenge:NT proof:rest of the response
 * ```
 *
 * @see [MS-NLMP] §3.3
 * @module
 */

import type { Values } from "./conversation.ts";

const DIGITS_1 = 48; // of a response of version 1
const PROOF_DIGITS = 32;

/**
 * Writes a login for a cracker.
 *
 * @param values What was noted of the conversation.
 * @returns One line, or `undefined` if there was no login.
 */
export function netNtlmOf(values: Values): string | undefined {
  const user = values.get("user.name");
  const challenge = values.get("ntlm.challenge");
  const response = values.get("ntlm.response");
  if (user === undefined || challenge === undefined) return undefined;
  if (typeof response !== "string" || response.length < DIGITS_1) {
    return undefined;
  }
  const domain = values.get("user.domain") ?? "";
  const isFirst = response.length === DIGITS_1;
  const lm = values.get("ntlm.lm_response") ?? "";
  const proof = isFirst ? [lm, response, challenge] : [
    challenge,
    response.slice(0, PROOF_DIGITS),
    response.slice(PROOF_DIGITS),
  ];
  return [user, "", domain, ...proof].join(":");
}
