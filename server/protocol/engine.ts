import type { Usage } from "./trace.ts";

/**
 * What the daemon and the engine's process say to each other, as JSON over Node's own channel between parent and child.
 * The engine serves many jobs at once; every message about one carries its id, chosen by the daemon.
 */
export interface EngineSettings {
  /** The folder of the node-llama-cpp package. */
  readonly library: string;
  /** `auto`: the best that the installed library offers. */
  readonly gpu: "auto" | "none";
  /** Null: the engine decides. */
  readonly threads: number | null;
  /** Jobs served at once by each model. */
  readonly parallel: number;
  /** Jobs that may wait. */
  readonly queue: number;
  /** Seconds without a job after which a model is unloaded. */
  readonly idleSeconds: number;
}

export interface EngineModel {
  /** What people call it. */
  readonly name: string;
  /** A GGUF file. */
  readonly path: string;
  /** Tokens for one conversation; null: as many as the model was trained on, within what is sensible here. */
  readonly contextSize: number | null;
}

export interface EngineMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export type EnginePrompt =
  | { readonly kind: "chat"; readonly messages: readonly EngineMessage[] }
  | { readonly kind: "fill"; readonly prefix: string; readonly suffix: string | null };

export interface EngineJob {
  readonly id: number;
  readonly model: EngineModel;
  readonly prompt: EnginePrompt;
  readonly sampling: {
    readonly maxTokens?: number;
    readonly temperature?: number;
    readonly topP?: number;
    readonly seed?: number;
    readonly stop?: readonly string[];
  };
}

export type ToEngine =
  | { readonly type: "settings"; readonly settings: EngineSettings }
  | { readonly type: "generate"; readonly job: EngineJob }
  | { readonly type: "cancel"; readonly id: number };

/** What the engine's process counts since its start; gauges say how it is now. */
export interface EngineTally {
  /** Prompt tokens evaluated: those found in the cache are not among them. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly generatedTokens: number;
  readonly aborted: number;
  readonly loads: number;
  readonly unloads: number;
  /** Gauges. */
  readonly active: number;
  readonly queued: number;
  readonly loaded: number;
}

/** Of an engine that hasn't run. */
export const noTally: EngineTally = {
  promptTokens: 0,
  cachedTokens: 0,
  generatedTokens: 0,
  aborted: 0,
  loads: 0,
  unloads: 0,
  active: 0,
  queued: 0,
  loaded: 0,
};

export interface EngineRefusal {
  readonly code: "cannot" | "overloaded" | "upstream_error";
  readonly message: string;
  readonly afterMs?: number;
}

export type FromEngine =
  | { readonly type: "waiting"; readonly id: number; readonly why: string }
  /** It has its place: from here on a silent engine is a stuck one. */
  | { readonly type: "running"; readonly id: number }
  | { readonly type: "text"; readonly id: number; readonly text: string }
  | { readonly type: "done"; readonly id: number; readonly stop: "stop" | "length"; readonly usage: Usage }
  | ({ readonly type: "refused"; readonly id: number } & EngineRefusal)
  | { readonly type: "tally"; readonly tally: EngineTally };
