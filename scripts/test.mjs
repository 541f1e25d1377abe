/** `npm test [-- unit integration workbench]`: sets up on any Node from 20, then runs scripts/test/main.ts under Node 24. */
import { root, runUnderNode24, say, setUp } from "./setup.mjs";

const suites = process.argv.slice(2);
const all = suites.length === 0;
try {
  process.chdir(root);
  const workbench = all || suites.includes("workbench");
  const missing = await setUp({ workbench, engine: all || !suites.every((s) => s === "unit"), browser: workbench });
  process.env.SWITCHYARD_MISSING = JSON.stringify(missing);
  process.exitCode = await runUnderNode24("scripts/test/main.ts", suites);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  say("the project's packages could not be installed: is a package registry reachable (npm ping)?");
  console.log("0 passed, 1 failed, 0 skipped");
  process.exitCode = 1;
}
