/**
 * Takes HTTP answers apart, for the tests in the lab.
 *
 * @module
 */

/** One answer. */
export interface Answer {
  readonly status: string;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Takes apart what came on one connection, however many answers it is.
 *
 * @param octets The answers, in ASCII.
 * @param methods Methods of the requests, since an answer to HEAD has no body.
 */
export function parseAnswers(
  octets: string,
  ...methods: readonly string[]
): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < octets.length;) {
    const bodyAt = octets.indexOf("\r\n\r\n", at) + 4;
    if (bodyAt < 4) throw new SyntaxError(`No end of head: ${octets}`);
    const [status, ...fields] = octets.slice(at, bodyAt - 4).split("\r\n");
    const headers = new Headers(
      fields.map((field): [string, string] => {
        const colonAt = field.indexOf(": ");
        return [field.slice(0, colonAt), field.slice(colonAt + 2)];
      }),
    );
    const isHead = methods[answers.length] === "HEAD";
    const length = isHead ? 0 : Number(headers.get("Content-Length") ?? NaN);
    at = bodyAt + length;
    if (!(at <= octets.length)) throw new SyntaxError(`Cut: ${octets}`);
    answers.push({ status: status!, headers, body: octets.slice(bodyAt, at) });
  }
  return answers;
}
