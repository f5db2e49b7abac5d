import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

// What main.ts does first for whoever answers, with the program's permissions.
const CODE = `
import { giveUpPrograms } from "${new URL("src/run/permissions.ts", ROOT)}";
const may = () => {
  try {
    new Deno.Command("ip", { args: ["-V"], stdout: "null" }).outputSync();
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
};
const before = may();
giveUpPrograms();
const url = URL.createObjectURL(new Blob([
  "postMessage((" + may + ")());",
], { type: "text/javascript" }));
const worker = new Worker(url, { type: "module" });
worker.onmessage = ({ data }) => {
  console.log(JSON.stringify([before, may(), data]));
  worker.terminate();
};`;

Deno.test("giveUpPrograms() leaves no thread the right to run a program", async () => {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  await Deno.writeTextFile(file, CODE);
  const { stdout, stderr } = await new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--config"].concat(
      new URL("deno.json", ROOT).pathname,
      "-P",
      file,
    ),
  }).output();
  await Deno.remove(file);
  const text = new TextDecoder();
  deepStrictEqual(
    text.decode(stdout),
    "[true,false,false]\n",
    text.decode(stderr),
  );
});

Deno.test("main.ts lets nothing but share keep that right", () => {
  const main = Deno.readTextFileSync(new URL("main.ts", ROOT));
  const [line] = /\n.*giveUpPrograms\(\);\n/.exec(main) ?? [];
  strictEqual(line, '\n  if (command.command !== "share") giveUpPrograms();\n');
  ok(main.indexOf(line) < main.indexOf("await import("));
});
