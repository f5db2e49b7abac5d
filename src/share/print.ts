/**
 * Lines on standard output.
 *
 * @module
 */

/**
 * Prints a line, or several.
 *
 * @param line The text, without the last line's end.
 */
export function printLine(line: string): void {
  let rest = new TextEncoder().encode(`${line}\n`);
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
  } catch (error) {
    // "masscanned share status | head -1"
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
