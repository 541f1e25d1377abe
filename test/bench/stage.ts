import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ConfigInput } from "../../server/protocol/config.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import type { Target } from "./load.ts";

/** A script of this folder in a process of its own; its first line says its port. */
export interface Script extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from spawn to that line. */
  readonly startMs: number;
}

export async function script(file: string, args: readonly string[] = []): Promise<Script> {
  const begun = performance.now();
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: ["pipe", "pipe", "inherit"], // its stdin ends with this process, however that ends, and then so does it
  });
  const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
  return {
    port: (JSON.parse(line) as { port: number }).port,
    pid: child.pid!,
    startMs: performance.now() - begun,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** The upstream's sides: at once, at a model's pace, and evenly for as long as is asked. */
export type Side = "quick" | "paced" | "steady";

/** Two models at the bench's upstream, a cheap and a dear one, and one at each of its other sides. */
export function configFor(port: number): ConfigInput {
  const prices = { input: 0.5, cachedInput: 0.05, output: 2 };
  const model = (provider: string) => ({ provider, name: "bench-model", tier: "economy" as const, prices });
  return {
    providers: {
      quick: { kind: "openai", baseUrl: `http://127.0.0.1:${port}/v1`, locality: "cloud" },
      paced: { kind: "openai", baseUrl: `http://127.0.0.1:${port}/paced/v1`, locality: "cloud" },
      steady: { kind: "openai", baseUrl: `http://127.0.0.1:${port}/steady/v1`, locality: "cloud" },
    },
    models: {
      small: model("quick"),
      large: { ...model("quick"), tier: "premium", prices: { input: 3, cachedInput: 0.3, output: 15 } },
      paced: model("paced"),
      steady: model("steady"),
    },
    routing: { primary: "small", escalation: "large", baseline: "large" },
    log: { level: "warn" },
  };
}

export const contenders = ["direct", "floor", "switchyard"] as const;
export type Contender = (typeof contenders)[number];

/** The upstream, the floor and Switchyard before it, and a target for each of the three. */
export interface Stage extends AsyncDisposable {
  readonly upstream: Script;
  readonly floor: Script;
  readonly daemon: Daemon;
  target(who: Contender, body: Readonly<Record<string, unknown>>, side?: Side): Target;
}

export async function stage(): Promise<Stage> {
  const upstream = await script("upstream.ts");
  const token = "bench-token";
  const floor = await script("floor.ts", [`http://127.0.0.1:${upstream.port}`, token]);
  const daemon = await startDaemon({ config: configFor(upstream.port) });
  return {
    upstream,
    floor,
    daemon,
    target: (who, body, side = "quick") => {
      const path = `${side !== "quick" && who !== "switchyard" ? `/${side}` : ""}/v1/chat/completions`;
      const model = who !== "switchyard" ? "bench-model" : side === "quick" ? "switchyard/auto" : side;
      const text = JSON.stringify({ model, ...body });
      if (who === "direct") return { port: upstream.port, path, token, body: text };
      if (who === "floor") return { port: floor.port, path, token, body: text };
      return { port: Number(new URL(daemon.http).port), path, token: daemon.token, body: text };
    },
    [Symbol.asyncDispose]: async () => {
      await daemon[Symbol.asyncDispose]();
      await floor[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** What a chat sends that has just begun. */
export const shortChat = {
  messages: [
    { role: "system", content: "You are a helpful assistant in a code editor. Answer briefly." },
    { role: "user", content: "What does the spread operator do in a JavaScript function call?" },
  ],
};
