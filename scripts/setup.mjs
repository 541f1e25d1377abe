/**
 * Brings a fresh clone to where `npm start` and `npm test` can go on: every npm folder installed, and a browser. Runs on
 * Node 20 with nothing installed, so it uses Node's built-ins alone. What is there already is left alone: each folder
 * carries a stamp with the hash of the lock that it was installed from.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "..");
const windows = process.platform === "win32";
const began = Date.now();
/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** @param {string} text */
export function say(text) {
  console.log(`[${((Date.now() - began) / 1000).toFixed(0).padStart(3)} s] ${text}`);
}

/** The project's own Node 24, or this one when it is new enough. */
export function node24() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  return join(
    root,
    `node_modules/node-${windows ? "win" : process.platform}-${process.arch}/bin/node${windows ? ".exe" : ""}`,
  );
}

/** The environment for whatever runs under the project's Node. */
export function projectEnv() {
  return { ...process.env, PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}` };
}

/**
 * Runs the rest of a command under Node 24 and hands signals on; resolves with its exit code.
 * @param {string} script @param {string[]} args
 */
export function runUnderNode24(script, args) {
  return new Promise((done) => {
    const child = spawn(node24(), [join(root, script), ...args], { stdio: "inherit", env: projectEnv() });
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
      process.removeAllListeners(signal);
      process.on(signal, () => child.kill(signal));
    }
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid !== parent) child.kill("SIGTERM"); // npm was ended: its shell hands no signal on
    }, 500);
    watch.unref();
    child.on("error", (error) => {
      console.error(`could not start ${node24()}: ${error.message}`);
      done(1);
    });
    child.on("exit", (code) => done(code ?? 1));
  });
}

/**
 * Runs a command with its output in a log file; rejects with the log's end.
 * @param {string} name @param {string} command @param {string[]} args @param {string} cwd
 */
function run(name, command, args, cwd) {
  const folder = join(root, ".cache/setup");
  mkdirSync(folder, { recursive: true });
  const log = join(folder, `${name}.log`);
  const output = openSync(log, "w");
  return /** @type {Promise<void>} */ (
    new Promise((done, fail) => {
      const child = spawn(command, args, { cwd, stdio: ["ignore", output, output], shell: windows });
      running.add(child);
      child.on("error", fail);
      child.on("close", (code, signal) => {
        running.delete(child);
        closeSync(output);
        if (code === 0) done();
        else {
          const end = readFileSync(log, "utf8").trim().split("\n").slice(-15).join("\n  ");
          fail(new Error(`${command} ${args.join(" ")} ended with ${code ?? signal}:\n  ${end}`));
        }
      });
    })
  );
}

/** @param {string} name @param {string[]} args @param {string} cwd */
function npm(name, args, cwd) {
  const own = process.env.npm_execpath; // set when npm itself runs us
  return own?.endsWith(".js") ? run(name, process.execPath, [own, ...args], cwd) : run(name, "npm", args, cwd);
}

/**
 * Installs one folder if its stamp is not that of its lock.
 * @param {string} folder from the root @param {string} what for people @param {(path: string, fresh: boolean) => Promise<void>} work
 */
async function install(folder, what, work) {
  const path = join(root, folder);
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  for (const file of ["package.json", "package-lock.json"]) {
    const manifest = readFileSync(join(path, file), "utf8");
    // Scripts and settings in package.json change often, and never what is to be installed.
    hash.update(file === "package.json" ? JSON.stringify(dependenciesOf(JSON.parse(manifest))) : manifest);
  }
  const stamp = join(path, "node_modules/.switchyard-stamp");
  const wanted = hash.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say(`installing ${what} …`);
  const start = Date.now();
  await work(path, !existsSync(join(path, "node_modules")));
  writeFileSync(stamp, wanted);
  say(`installed ${what} in ${((Date.now() - start) / 1000).toFixed(0)} s`);
}

/** @param {Record<string, unknown>} manifest */
function dependenciesOf(manifest) {
  return [manifest["dependencies"], manifest["devDependencies"], manifest["optionalDependencies"]];
}

/** A folder that is there is brought up to date, not thrown away. @param {boolean} fresh @param {string[]} more */
const npmCi = (fresh, ...more) => (fresh ? ["ci", ...more] : ["install", "--no-save", ...more]);

const installRoot = () => install("", "the project's packages", (path, fresh) => npm("root", npmCi(fresh), path));

const installWorkbench = () =>
  install("scripts/workbench", "VS Code for the browser (code-server)", async (path, fresh) => {
    await npm("workbench", npmCi(fresh), path);
    // code-server's own two folders come without their packages; upstream's lock there lacks one, so no `npm ci`.
    const inner = join(path, "node_modules/code-server/lib/vscode");
    await npm("workbench-vscode", ["install", "--omit=dev", "--ignore-scripts"], inner);
    await npm("workbench-extensions", ["install", "--omit=dev", "--ignore-scripts"], join(inner, "extensions"));
  });

const installEngine = () =>
  install("scripts/engine", "the embedded engine (llama.cpp)", async (path, fresh) => {
    // All optional packages together are 725 MB of GPU builds; one is enough to answer.
    await npm("engine", npmCi(fresh, "--omit=optional"), path);
    const manifest = JSON.parse(readFileSync(join(path, "node_modules/node-llama-cpp/package.json"), "utf8"));
    const platform = { linux: "linux", win32: "win", darwin: "mac" }[/** @type {string} */ (process.platform)];
    const metal = process.platform === "darwin" && process.arch === "arm64" ? "-metal" : "";
    const binary = `@node-llama-cpp/${platform}-${process.arch}${metal}@${manifest.version}`;
    await npm("engine-binary", ["install", "--no-save", "--omit=optional", binary], path);
  });

/** Where a Chromium is, or null. */
export function findChromium() {
  const places = [
    process.env.SWITCHYARD_CHROMIUM,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  ];
  return places.find((place) => place !== undefined && existsSync(place)) ?? null;
}

/** Installs a browser where it may; resolves with why there is none, or null. */
async function installBrowser() {
  if (findChromium() !== null) return null;
  const remedy = "install chromium, or name one in SWITCHYARD_CHROMIUM";
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return `no browser on this machine: ${remedy}`;
  say("installing chromium …");
  const packages = ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"];
  try {
    await run("apt-update", "apt-get", ["update"], root);
    await run("apt-install", "apt-get", packages, root);
    return null;
  } catch (error) {
    return `no browser on this machine (${String(error).split("\n")[0]}): ${remedy}`;
  }
}

/**
 * Does what is asked for; `missing` says, for a person, what could not be had. Without the root's packages nothing can
 * go on, so their failure rejects.
 * @param {{ workbench: boolean, engine: boolean, browser: boolean }} wanted
 */
export async function setUp(wanted) {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
    process.once(signal, () => {
      for (const child of running) child.kill("SIGTERM");
      process.exit(130);
    });
  /** @type {Record<string, string>} */
  const missing = {};
  /** @param {string} name @param {() => Promise<void>} work */
  const attempt = async (name, work) => {
    try {
      await work();
    } catch (error) {
      missing[name] = error instanceof Error ? error.message : String(error);
      say(`could not install the ${name}: ${missing[name]}`);
      say("is a package registry reachable (npm ping)? Run the command again to try again.");
    }
  };
  await installRoot();
  if (wanted.workbench) await attempt("workbench", installWorkbench);
  if (wanted.engine) await attempt("engine", installEngine);
  if (wanted.browser) {
    const reason = await installBrowser();
    if (reason !== null) {
      missing["browser"] = reason;
      say(reason);
    }
  }
  return missing;
}

if (process.argv[1] === import.meta.filename) {
  const missing = await setUp({ workbench: true, engine: true, browser: true });
  say(Object.keys(missing).length === 0 ? "all there" : `without: ${Object.keys(missing).join(", ")}`);
  process.exitCode = Object.keys(missing).length === 0 ? 0 : 1;
}
