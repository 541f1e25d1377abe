import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin } from "../support/daemon.ts";
import { promptsOf } from "./prompts.ts";
import { inRounds, type Row, row } from "./row.ts";

const rounds = 7;
const count = 100_000;

/** What anybody must do who answers a JSON line with one: the baseline. */
const parsing = `
let text = "";
for (const line of require("fs").readFileSync(0, "utf8").split("\\n"))
  if (line !== "") text += JSON.stringify({ id: JSON.parse(line).id }) + "\\n";
process.stdout.write(text);`;

/** Lines a second of `switchyard route --jsonl`, its start included, as a script would run it: from a file into a file. */
export async function routeLines(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "sy-"));
  try {
    const file = join(folder, "in.jsonl");
    const prompts = promptsOf(2_000, 300);
    const lines = Array.from({ length: count }, (_, id) =>
      JSON.stringify({ id, prompt: prompts[id % prompts.length] }),
    );
    writeFileSync(file, `${lines.join("\n")}\n`);
    const timed = (args: readonly string[]) => async (): Promise<number> => {
      const stdin = openSync(file, "r");
      const stdout = openSync(join(folder, "out.jsonl"), "w");
      const begun = performance.now();
      const child = spawn(process.execPath, args, {
        env: { HOME: folder, PATH: process.env["PATH"] ?? "" },
        stdio: [stdin, stdout, "inherit"],
      });
      const code = await new Promise((resolve) => child.once("close", resolve));
      const seconds = (performance.now() - begun) / 1000;
      closeSync(stdin);
      closeSync(stdout);
      if (code !== 0) throw new Error(`it ended with ${code}`);
      return count / seconds;
    };
    const took = await inRounds(rounds, {
      route: timed([bin, "route", "--jsonl"]),
      parsing: timed(["-e", parsing]),
    });
    const baseline = { name: "JSON alone", values: took.parsing };
    return [row("decide.lines.300", "1/s", took.route, baseline, { of: "value", atLeast: 50_000 })];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
