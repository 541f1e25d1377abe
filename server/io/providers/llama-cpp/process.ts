import { type ChildProcess, spawn } from "node:child_process";
import type { Clock, Timer } from "../../../kit/clock.ts";
import type { Log } from "../../../kit/log.ts";
import {
  type EngineJob,
  type EngineSettings,
  type EngineTally,
  type FromEngine,
  noTally,
  type ToEngine,
} from "../../../protocol/engine.ts";

/** What the engine did since the provider was made, its restarts included, and how it is now. */
export interface EngineCounters extends EngineTally {
  /** Processes started after one that ended by itself. */
  readonly restarts: number;
}

/** Follows one job. Exactly one of `done`, `refused` and `lost` is called, and nothing after it. */
export interface JobHandler {
  waiting(why: string): void;
  running(): void;
  text(text: string): void;
  done(message: Extract<FromEngine, { type: "done" }>): void;
  refused(message: Extract<FromEngine, { type: "refused" }>): void;
  /** The process has ended by itself, or because it was told to. `why` is a clause for a sentence. */
  lost(why: string, told: boolean): void;
}

export interface EngineProcessOptions {
  /** The engine's script. */
  readonly entry: string;
  /** Runs it; VS Code's own Node as well. */
  readonly node: string;
  /** A running job may hear nothing for this long, in milliseconds; then the process is taken for stuck and killed. */
  readonly silenceMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** The engine runs other people's weights and needs none of the user's keys. */
const passedOn =
  /^(PATH|PATHEXT|HOME|USERPROFILE|LANG|LC_.*|T?E?MP|TMPDIR|SYSTEMROOT|WINDIR|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*|(DY)?LD_LIBRARY_PATH|LD_PRELOAD|XDG_.*|CUDA_.*|NVIDIA_.*|HIP_.*|ROCR_.*|GGML_.*|LLAMA_.*|VK_.*|OMP_.*|NODE_LLAMA_CPP_.*)$/i;
const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name))),
  ELECTRON_RUN_AS_NODE: "1",
});

/** One engine process: started with the first job, again after a crash, and ended when nothing is loaded any more. */
export class EngineProcess {
  readonly #options: EngineProcessOptions;
  readonly #jobs = new Map<number, JobHandler>();
  readonly #running = new Set<number>();
  #child: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();
  #ids = 0;
  #restarts = 0;
  #crashed = false;
  #closed = false;
  /** Totals of processes that have ended. */
  #past: EngineTally = noTally;
  #present: EngineTally = noTally;
  #silence: Timer | null = null;

  constructor(options: EngineProcessOptions) {
    this.#options = options;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** From the engine's last word: asks nobody. */
  counters(): EngineCounters {
    const sum = { ...this.#present };
    for (const key of ["promptTokens", "cachedTokens", "generatedTokens", "aborted", "loads", "unloads"] as const) {
      sum[key] += this.#past[key];
    }
    return { ...sum, restarts: this.#restarts };
  }

  /** Starts a job; returns what cancels it, after which its handler hears nothing more. */
  start(settings: EngineSettings, job: Omit<EngineJob, "id">, handler: JobHandler): () => void {
    const id = ++this.#ids;
    if (this.#closed) {
      handler.lost("is shutting down", true);
      return () => {};
    }
    if (!this.#child) this.#spawn(settings);
    this.#jobs.set(id, handler);
    this.#send({ type: "generate", job: { ...job, id } });
    return () => {
      if (!this.#forget(id)) return;
      this.#send({ type: "cancel", id });
    };
  }

  /** Ends the process; whatever runs is lost. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }

  #send(message: ToEngine): void {
    this.#child?.send(message, () => {}); // a failed send means that it has ended, which `exit` tells
  }

  #spawn(settings: EngineSettings): void {
    const { entry, node, log } = this.#options;
    if (this.#crashed) this.#restarts++;
    this.#crashed = false;
    const child = spawn(node, ["--no-warnings", entry], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: environment(),
      windowsHide: true,
    });
    this.#child = child;
    let lastWords = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      lastWords = (lastWords + text).slice(-2000);
    });
    child.on("message", (message: FromEngine) => this.#hear(child, message));
    this.#exited = new Promise((resolve) => {
      let over = false;
      const end = (how: string) => {
        if (over) return;
        over = true;
        if (this.#child === child) this.#ended(how, lastWords);
        resolve();
      };
      child.once("error", (e) => {
        // A process that did start is ended by its own `exit`; `error` then only says that a message was lost.
        if (child.pid === undefined) end(`couldn't be started (${e.message})`);
      });
      child.once("exit", (code, signal) => end(signal ? `was ended by ${signal}` : `ended with code ${code}`));
    });
    log("info", "the embedded engine starts", { pid: child.pid, library: settings.library });
    this.#send({ type: "settings", settings });
  }

  #hear(child: ChildProcess, message: FromEngine): void {
    if (this.#child !== child) return;
    this.#listen();
    if (message.type === "tally") {
      this.#present = message.tally;
      this.#endIfUnused();
      return;
    }
    const handler = this.#jobs.get(message.id);
    if (!handler) return; // cancelled meanwhile
    switch (message.type) {
      case "waiting":
        handler.waiting(message.why);
        return;
      case "running":
        this.#running.add(message.id);
        this.#listen();
        handler.running();
        return;
      case "text":
        handler.text(message.text);
        return;
      case "done":
        this.#forget(message.id);
        handler.done(message);
        return;
      case "refused":
        this.#forget(message.id);
        handler.refused(message);
        return;
    }
  }

  /** True when the job was known. */
  #forget(id: number): boolean {
    this.#running.delete(id);
    this.#listen();
    return this.#jobs.delete(id);
  }

  /** Watches over a process that should be saying something. */
  #listen(): void {
    this.#silence?.cancel();
    this.#silence = null;
    if (this.#running.size === 0) return;
    const { clock, silenceMs, log } = this.#options;
    this.#silence = clock.after(silenceMs, () => {
      log("error", "the embedded engine is stuck and is ended", { pid: this.#child?.pid, silenceMs });
      this.#child?.kill("SIGKILL");
    });
  }

  /** A process without a model holds memory for noTally; starting one takes half a second. */
  #endIfUnused(): void {
    const { loaded, active, queued } = this.#present;
    if (loaded + active + queued > 0 || this.#jobs.size > 0) return;
    const child = this.#child;
    this.#settle();
    child?.kill("SIGKILL");
    this.#options.log("info", "the embedded engine was idle and is ended", { pid: child?.pid });
  }

  /** Adds the totals of the process that is no more. */
  #settle(): void {
    this.#past = this.counters();
    this.#present = noTally;
    this.#child = null;
    this.#running.clear();
    this.#silence?.cancel();
    this.#silence = null;
  }

  #ended(how: string, lastWords: string): void {
    this.#settle();
    this.#crashed = !this.#closed;
    const lost = [...this.#jobs.values()];
    this.#jobs.clear();
    if (!this.#closed) {
      const facts = { how, lost: lost.length, ...(lastWords === "" ? {} : { stderr: lastWords.trim() }) };
      this.#options.log("error", "the embedded engine ended unexpectedly", facts);
    }
    for (const handler of lost) handler.lost(this.#closed ? "is shutting down" : how, this.#closed);
  }
}
