import type { Log } from "../../kit/log.ts";
import type { Config } from "../../protocol/config.ts";
import { ConfigFault, type Path, type Source } from "./fault.ts";
import { goneFault, type Loaded, loadConfig, readConfigFile, sourceOf } from "./load.ts";
import type { Tree } from "./tree.ts";
import { watchFile } from "./watch.ts";

export interface ConfigStore {
  /** In force: the newest that was good. */
  readonly current: Config;
  readonly file: string;
  /** What the file says by itself, before defaults; and whether there is one. */
  readonly written: Tree;
  readonly exists: boolean;
  /** Why what the file says now isn't in force; null when it is. */
  readonly fault: ConfigFault | null;
  /** `"routing.quality"`, or the keys where one holds a dot. */
  origin(path: string | Path): Source;
  /** Another configuration is in force, or the fault has changed. */
  onChange(listener: (config: Config, fault: ConfigFault | null) => void): Disposable;
  /** Reads the file again, now. */
  reload(): void;
  close(): void;
}

export interface ConfigOptions {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  /** What the command line set: nested, partial. */
  readonly flags: unknown;
  readonly log: Log;
  /** Reload when the file changes. */
  readonly watch: boolean;
}

/** Reads the configuration; a missing file means the defaults. Throws a ConfigFault when it is bad. */
export const openConfig = (o: ConfigOptions): ConfigStore => new FileConfig(o);

class FileConfig implements ConfigStore {
  readonly file: string;
  readonly #o: ConfigOptions;
  readonly #listeners = new Set<(config: Config, fault: ConfigFault | null) => void>();
  readonly #watcher: Disposable | null;
  #loaded: Loaded;
  #fault: ConfigFault | null = null;

  constructor(o: ConfigOptions) {
    this.file = o.file;
    this.#o = o;
    this.#loaded = loadConfig(o.file, readConfigFile(o.file), o.env, o.flags);
    this.#watcher = o.watch ? watchFile(o.file, () => this.reload(), o.log) : null;
  }

  get current(): Config {
    return this.#loaded.config;
  }

  get written(): Tree {
    return this.#loaded.layers.file;
  }

  get exists(): boolean {
    return this.#loaded.text !== null;
  }

  get fault(): ConfigFault | null {
    return this.#fault;
  }

  origin(path: string | Path): Source {
    return sourceOf(this.#loaded.layers, typeof path === "string" ? path.split(".") : path);
  }

  onChange(listener: (config: Config, fault: ConfigFault | null) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  reload(): void {
    try {
      const text = readConfigFile(this.file);
      if (text === this.#loaded.text && this.#fault === null) return;
      if (text === null && this.exists) throw goneFault(this.file); // many programs replace a file by removing it first
      this.#loaded = loadConfig(this.file, text, this.#o.env, this.#o.flags);
      this.#fault = null;
      this.#o.log("info", "configuration reloaded", { file: this.file });
    } catch (e) {
      if (!(e instanceof ConfigFault)) throw e;
      if (e.message === this.#fault?.message) return;
      this.#fault = e;
      this.#o.log("error", `the old configuration stays in force: ${e.message}`);
    }
    for (const listener of this.#listeners) listener(this.current, this.#fault);
  }

  close(): void {
    this.#watcher?.[Symbol.dispose]();
    this.#listeners.clear();
  }
}
