import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { notYet } from "../../server/protocol/config.ts";
import { newHome, runCommand } from "../support/daemon.ts";

/** The words in backticks of a sentence. */
const namesIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

describe("what the README says is not there yet", () => {
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  const section = readme.split(/^## Not there yet$/m)[1]!.split(/^## /m)[0]!;

  it("is what the configuration refuses so", () => {
    const keys = section.split("providers of kind")[0]!;
    assert.deepEqual(namesIn(keys).sort(), notYet.filter((path) => !path.includes("=")).toSorted());
  });

  it("are the commands that are refused so", async () => {
    using home = newHome();
    const commands = namesIn(section.split("The commands")[1]!);
    assert.ok(commands.length > 0);
    for (const command of commands) {
      const { code, stderr } = await runCommand([command], home.env);
      assert.deepEqual([code, stderr], [2, `switchyard: "${command}" is not there yet.\n`]);
    }
  });
});
