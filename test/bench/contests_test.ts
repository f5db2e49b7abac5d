import { CONTESTS } from "./contests.ts";

for (const make of CONTESTS) {
  Deno.test(`the bench of ${make.name} gets the answers that it times`, () => {
    // A client that is not answered as it should be throws.
    for (const { rivals } of [make()].flat()) {
      for (const { run } of rivals) run(2048);
    }
  });
}
