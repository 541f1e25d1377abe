/**
 * `npm run test:desktop`: the extension in desktop VS Code, for machines that can download it. The person's own view of
 * it is tested in the browser, see the suites beside this file; here is what only the desktop's extension host can break.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { newHome } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { Upstream } from "../support/upstream.ts";

const root = resolve(import.meta.dirname, "../..");
const temp = mkdtempSync(join(tmpdir(), "sy"));
const suite = join(temp, "suite.cjs");
await build({
  entryPoints: [join(import.meta.dirname, "desktop/suite.ts")],
  outfile: suite,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node24",
  external: ["vscode"],
});
const home = newHome();
const gpu = await Upstream.start();
try {
  writeFileSync(home.configFile, JSON.stringify(townConfig({ gpu, cloud: gpu })));
  const settings = { "switchyard.daemon.configFile": home.configFile, "switchyard.daemon.dataDir": home.dataDir };
  const user = join(temp, "user");
  mkdirSync(join(user, "User"), { recursive: true });
  writeFileSync(join(user, "User/settings.json"), JSON.stringify({ ...settings, "switchyard.daemon.idleSeconds": 10 }));
  process.exitCode = await runTests({
    extensionDevelopmentPath: root,
    extensionTestsPath: suite,
    extensionTestsEnv: townEnv,
    launchArgs: ["--disable-extensions", "--user-data-dir", user, "--extensions-dir", join(temp, "extensions")],
  });
} finally {
  await gpu[Symbol.asyncDispose]();
  home[Symbol.dispose]();
  rmSync(temp, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
}
