/**
 * Serves one page to whoever collects metrics, and nothing else to anybody:
 * few connections at once, short requests, little time, one answer each.
 *
 * @module
 */

import type { Endpoint } from "../cli/command.ts";
import { OperatorError } from "../operator_error.ts";

const CONNECTIONS_MAX = 16;
const REQUEST_MAX = 8192; // octets of a request line and its headers
const TIMEOUT_MS = 5000; // for a request and its answer
const PAUSE_MS = 100; // when no connection can be accepted

const PAGE = "/metrics";
const TYPE = "text/plain; version=0.0.4; charset=utf-8";

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
};

/** A server of metrics. Owns its socket. */
export class MetricsServer implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly #page: () => Promise<string>;
  #connections = 0;
  #isOpen = true;

  /**
   * Begins to listen.
   *
   * @param endpoint Where.
   * @param page Makes the page.
   * @throws {OperatorError} If nobody can listen there.
   */
  constructor({ hostname, port }: Endpoint, page: () => Promise<string>) {
    this.#page = page;
    try {
      this.#listener = Deno.listen({ hostname, port });
    } catch (cause) {
      const where = `${hostname.includes(":") ? `[${hostname}]` : hostname}:`;
      const message = `Cannot serve metrics on ${where}${port}: ` +
        adviceOn(cause as Error);
      throw new OperatorError(message, { cause });
    }
    this.#serve();
  }

  /** Where it listens. */
  get endpoint(): Endpoint {
    return this.#listener.addr;
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#listener.close();
  }

  async #serve(): Promise<void> {
    while (this.#isOpen) {
      try {
        const connection = await this.#listener.accept();
        if (this.#connections < CONNECTIONS_MAX) this.#attend(connection);
        else connection.close();
      } catch {
        // Closed, or too many open files: there will be fewer.
        await new Promise((resolve) => {
          Deno.unrefTimer(setTimeout(resolve, PAUSE_MS));
        });
      }
    }
  }

  /** Answers one request, in the time there is. */
  async #attend(connection: Deno.TcpConn): Promise<void> {
    this.#connections++;
    const timer = setTimeout(() => connection.close(), TIMEOUT_MS);
    Deno.unrefTimer(timer);
    try {
      const head = await readHead(connection);
      await writeAll(connection, await this.#answer(head));
      connection.close();
    } catch {
      // The other side is gone, or the time is over.
      try {
        connection.close();
      } catch {
        // It is closed already.
      }
    } finally {
      clearTimeout(timer);
      this.#connections--;
    }
  }

  async #answer(head: string | undefined): Promise<Uint8Array> {
    if (head === undefined) return response(431);
    const [, method, target] = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r\n/.exec(head) ??
      [];
    if (target === undefined) return response(400);
    if (target.split("?")[0] !== PAGE) return response(404);
    if (method !== "GET") return response(405);
    try {
      return response(200, await this.#page());
    } catch {
      return response(503); // a worker died before it could tell
    }
  }
}

/** Says in a few words what is to be done. */
function adviceOn(error: Error): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return "another program listens there; choose another port";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this host does not have the address; 127.0.0.1 is always there";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "ports below 1024 are root's; choose a higher one";
  }
  const [reason] = error.message.split(" (os error");
  return /^Address family not supported/.test(reason!)
    ? "it may open no such socket; what to say in the service's unit is in " +
      "masscanned(8), FILES"
    : reason!;
}

/** Reads up to the blank line; `undefined` if that does not come soon. */
async function readHead(
  connection: Deno.TcpConn,
): Promise<string | undefined> {
  const octets = new Uint8Array(REQUEST_MAX);
  const text = new TextDecoder("latin1");
  for (let end = 0; end < octets.length;) {
    const length = await connection.read(octets.subarray(end));
    if (length === null) throw new Deno.errors.UnexpectedEof();
    end += length;
    const head = text.decode(octets.subarray(0, end));
    if (head.includes("\r\n\r\n")) return head;
  }
  return undefined;
}

function response(status: number, page?: string): Uint8Array {
  const reason = `${status} ${REASONS[status]}`;
  const body = new TextEncoder().encode(page ?? `${reason}\n`);
  const head = [
    `HTTP/1.1 ${reason}`,
    `Content-Type: ${TYPE}`,
    `Content-Length: ${body.length}`,
    ...(status === 405 ? ["Allow: GET"] : []),
    "Connection: close",
    "",
    "",
  ].join("\r\n");
  const octets = new Uint8Array(head.length + body.length);
  octets.set(new TextEncoder().encode(head));
  octets.set(body, head.length);
  return octets;
}

async function writeAll(
  connection: Deno.TcpConn,
  octets: Uint8Array,
): Promise<void> {
  for (let at = 0; at < octets.length;) {
    at += await connection.write(octets.subarray(at));
  }
}
