/** `npm start [-- --port N] [-- --desktop]`: sets up on any Node from 20, then runs scripts/start/main.ts under Node 24. */
import { root, runUnderNode24, say, setUp } from "./setup.mjs";

const args = process.argv.slice(2);
try {
  process.chdir(root);
  const missing = await setUp({ workbench: true, engine: true, browser: false });
  if (missing["workbench"] !== undefined) process.exitCode = 1;
  else process.exitCode = await runUnderNode24("scripts/start/main.ts", args);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  say("the project's packages could not be installed: is a package registry reachable (npm ping)?");
  process.exitCode = 1;
}
