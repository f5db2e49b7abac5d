import { deepStrictEqual } from "node:assert/strict";
import type { Report } from "../../src/run/messages.ts";
import { NOTHING, sumOf } from "../../src/run/report.ts";

/** A report in which every counter is another. */
function reportFrom(first: number): Report {
  const { answers, verdicts, ...rest } = NOTHING;
  const names = Object.keys(rest);
  return {
    ...Object.fromEntries(names.map((name, i) => [name, first + i])),
    answers: answers.map((_, i) => 20 * first + i),
    verdicts: verdicts.map((_, i) => 10 * first + i),
  } as unknown as Report;
}

Deno.test("sumOf() adds every counter up", () => {
  deepStrictEqual(sumOf([]), NOTHING);
  deepStrictEqual(sumOf([NOTHING, reportFrom(5), NOTHING]), reportFrom(5));
  const sum = sumOf([reportFrom(5), reportFrom(100)]);
  for (const [name, value] of Object.entries(sum)) {
    const [one, other] = [reportFrom(5), reportFrom(100)]
      .map((report) => report[name as keyof Report]);
    deepStrictEqual(
      value,
      typeof one === "number"
        ? one + (other as number)
        : one!.map((count, i) => count + (other as Float64Array)[i]!),
      name,
    );
  }
});
