/**
 * What the program makes of a recorded conversation.
 *
 * @module
 */

import { ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseCommand } from "../../src/cli.ts";
import { replay } from "../../src/run/replay.ts";
import type { Capture } from "../captures.ts";
import { SELF_IPS, SELF_MAC } from "../harness.ts";
import type { Event } from "./rig.ts";

/**
 * Replays a capture.
 *
 * @param capture The capture.
 * @param option Which output is wanted.
 * @returns What the replay writes to the file that the option names.
 */
export function outputOf(
  { path, persona }: Capture,
  option: "--events" | "-w",
): Uint8Array<ArrayBuffer> {
  const output = Deno.makeTempFileSync();
  try {
    const command = parseCommand([
      ...["replay", fileURLToPath(path), "-q", option, output],
      ...["-m", SELF_MAC, "--self-ip-list", SELF_IPS, "--persona", persona],
    ]);
    ok(command.command === "replay");
    replay(command);
    return Deno.readFileSync(output);
  } finally {
    Deno.removeSync(output);
  }
}

/**
 * Replays a capture for its events.
 *
 * @param capture The capture.
 * @returns The events, and their lines.
 */
export function eventsOf(capture: Capture): { text: string; events: Event[] } {
  const text = new TextDecoder().decode(outputOf(capture, "--events"));
  const lines = text.split("\n").slice(0, -1);
  return { text, events: lines.map((line) => JSON.parse(line)) };
}
