import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Ready, readySchema } from "../../server/protocol/daemon.ts";

export interface Daemon {
  readonly ready: Ready;
  stop(): Promise<void>;
}

/** Starts `switchyard serve` and waits for its ready line; rejects with what it said instead. */
export async function startDaemon(bin: string, env: NodeJS.ProcessEnv, log: string): Promise<Daemon> {
  appendFileSync(log, "", { mode: 0o600 }); // a daemon that is well may say nothing: the file is there to be opened
  const child = spawn(process.execPath, [bin, "serve", "--json"], {
    env,
    detached: process.platform !== "win32", // Ctrl-C is ours to hand on
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (data: Buffer) => {
    said = (said + data).slice(-4_000);
    appendFileSync(log, data);
  });
  const ended = new Promise<string>((done) => {
    child.once("exit", (code, signal) => done(`the daemon ended with ${code ?? signal}`));
    child.once("error", (error) => done(error.message));
  });
  const first = new Promise<string>((done) => createInterface(child.stdout).once("line", done));
  const line = await Promise.race([first, ended.then(() => null), sleep(20_000, null, { ref: false })]);
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), 12_000); // it lets running requests end, 10 s at most
    await ended;
    clearTimeout(kill);
  };
  if (line === null) {
    await stop();
    throw new Error(`${await ended}:\n${said}`);
  }
  return { ready: readySchema.parse(JSON.parse(line)), stop };
}

/** The ids of the models that the daemon can use; it looks around for a moment after it is ready. */
export async function modelsOf(ready: Ready): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const reply = await fetch(`${ready.http}/v1/models`, { headers: { authorization: `Bearer ${ready.token}` } });
    const { data } = (await reply.json()) as { data: { id: string }[] };
    const ids = data.map((model) => model.id).filter((id) => !id.startsWith("switchyard/"));
    if (ids.length > 0 || tries === 8) return ids;
    await sleep(250);
  }
}
