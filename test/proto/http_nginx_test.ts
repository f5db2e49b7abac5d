import { deepStrictEqual, ok } from "node:assert/strict";
import { Arena } from "../../src/arena.ts";
import { linux } from "../../src/persona/linux.ts";
import { http } from "../../src/proto/http.ts";
import { CLOSE, MORE, TCP } from "../../src/protocol.ts";
import { KEY_LEN } from "../../src/siphash.ts";
import { ANSWER_MAX, Application } from "../../src/stack/application.ts";
import { octets, text } from "../tcp_client.ts";
import { ask } from "./ask.ts";

/** What nginx said, and to what. */
interface Vector {
  readonly response: string | null;
  readonly requests: readonly string[];
}

// Written by test/vectors/http.py, which asked a real server.
const url = new URL("../vectors/http.json", import.meta.url);
const { vectors }: { readonly vectors: readonly Vector[] } = JSON.parse(
  Deno.readTextFileSync(url),
);
const EXCHANGES = vectors.flatMap(({ response, requests }) =>
  requests.map((request) => ({ request, response }))
);

/** What we say to a stream, but for the date, and how it ends. */
function answer(request: string): { said: string | null; end: string } {
  const { answers, end } = ask(
    { protocols: [http], transport: TCP },
    octets(request),
  );
  const said = answers.map((hex) => text(Uint8Array.fromHex(hex))).join("");
  return { said: said.replaceAll(/(?<=\r\nDate: )[^\r]*/g, "") || null, end };
}

/** How a stream must end that got a response. */
function endOf(response: string | null): string {
  if (response === null) return "more";
  const connections = response.match(/(?<=\r\nConnection: ).*/g) ?? [];
  const isLast = response.endsWith("</html>\r\n") &&
    response.lastIndexOf("<html>") > response.lastIndexOf("\r\n\r\n") + 4;
  return !isLast && connections.at(-1) === "keep-alive" ? "open" : "closed";
}

Deno.test("http answers whatever is asked in the words of nginx", () => {
  ok(EXCHANGES.length > 900, `${EXCHANGES.length} requests`);
  const wrong = EXCHANGES.flatMap(({ request, response }) => {
    const { said, end } = answer(request);
    const isRight = said === response && end === endOf(response);
    return isRight ? [] : [{ request, response, said, end }];
  });
  deepStrictEqual(wrong, []);
});

/** What we say to a stream that comes octet by octet. */
function answerSlowly(request: string): string | null {
  const arena = new Arena(new ArrayBuffer(ANSWER_MAX + 16_384));
  arena.bytes.set(octets(request));
  arena.allocate(request.length);
  const key = new Uint8Array(KEY_LEN);
  const application = new Application(arena, [http], linux, key);
  const { exchange } = application;
  exchange.transport = TCP;
  let said = "";
  let found = -1;
  for (exchange.end = 1; exchange.end <= request.length; exchange.end++) {
    if (found < 0) found = application.identify();
    if (found < 0 || exchange.end <= exchange.at) continue;
    exchange.next = exchange.end;
    const verdict = application.reply(found);
    if (verdict === MORE) continue;
    const { answer } = exchange;
    said += text(arena.bytes.subarray(answer.at, answer.end));
    exchange.at = exchange.next;
    if (verdict === CLOSE) break;
  }
  return said.replaceAll(/(?<=\r\nDate: )[^\r]*/g, "") || null;
}

Deno.test("http answers in the words of nginx, octet by octet", () => {
  const wrong = EXCHANGES.flatMap(({ request, response }) => {
    const said = answerSlowly(request);
    return said === response ? [] : [{ request, said }];
  });
  deepStrictEqual(wrong, []);
});
