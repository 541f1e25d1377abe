import { randomInt } from "node:crypto";
import type { EngineJob, EngineModel, EngineSettings } from "../../../../protocol/engine.ts";
import type { Usage } from "../../../../protocol/trace.ts";
import type { Library, LlamaModel, LlamaSequence, RenderTemplate, Token } from "./library.ts";
import { Pace, steady } from "./pace.ts";
import { Cancelled, Refusal } from "./refusal.ts";
import { Speller, Stopper } from "./text.ts";
import { tokensOf } from "./tokens.ts";

/** What a running job tells while it runs. */
export interface Watcher {
  cancelled(): boolean;
  text(text: string): void;
  /** Tokens of the prompt evaluated, and found in the cache. */
  prompt(evaluated: number, cached: number): void;
  generated(tokens: number): void;
}

export interface Ending {
  readonly stop: "stop" | "length";
  readonly usage: Usage;
}

/** A model in memory. */
export interface LoadedModel {
  /** Jobs that it can run at once. */
  readonly slots: number;
  /** Throws Refusal, Cancelled, or what the library throws. */
  run(job: EngineJob, watcher: Watcher): Promise<Ending>;
  dispose(): Promise<void>;
}

/** `onProgress` gets a share from 0 to 1. */
export type LoadModel = (model: EngineModel, onProgress: (share: number) => void) => Promise<LoadedModel>;

/** Tokens of a context whose size nobody configured; every one of them costs memory for each slot. */
const defaultContext = { cpu: 4096, gpu: 16_384 };

export function modelLoader(library: Library, settings: EngineSettings): LoadModel {
  const { llama, render, threads } = library;
  return async ({ path, contextSize }, onProgress) => {
    const model = await llama.loadModel({ modelPath: path, onLoadProgress: onProgress });
    try {
      const onGpu = llama.gpu !== false;
      const wanted = contextSize ?? (onGpu ? defaultContext.gpu : defaultContext.cpu);
      const max = Math.max(256, Math.min(wanted, model.trainContextSize));
      const context = await model.createContext({
        sequences: settings.parallel,
        contextSize: { min: Math.min(512, max), max },
        // On a CPU it makes short stretches of a long prompt slow, and they are what makes a job cancellable.
        flashAttention: onGpu ? "auto" : false,
        ...(threads === undefined ? {} : { threads }),
      });
      const sequences = Array.from({ length: settings.parallel }, () => context.getSequence());
      return new SlottedModel(model, render, sequences, context.contextSize, new Pace(onGpu ? 512 : 64));
    } catch (e) {
      await model.dispose();
      throw e;
    }
  };
}

/** One conversation's cache of evaluated tokens. */
interface Slot {
  readonly sequence: LlamaSequence;
  busy: boolean;
  /** Tokens from the start that were evaluated in steady stretches, as a seeded job would evaluate them. */
  exact: number;
  /** Counts uses of the model: the lowest was used longest ago. */
  used: number;
}

/** Tokens of the answer that a free chat is kept from repeating. */
const repeatWindow = 256;

class SlottedModel implements LoadedModel {
  readonly slots: number;
  readonly #model: LlamaModel;
  readonly #render: RenderTemplate;
  readonly #slots: readonly Slot[];
  readonly #contextSize: number;
  readonly #pace: Pace;
  #uses = 0;

  constructor(
    model: LlamaModel,
    render: RenderTemplate,
    sequences: readonly LlamaSequence[],
    contextSize: number,
    pace: Pace,
  ) {
    this.#model = model;
    this.#render = render;
    this.#slots = sequences.map((sequence) => ({ sequence, busy: false, exact: 0, used: 0 }));
    this.slots = sequences.length;
    this.#contextSize = contextSize;
    this.#pace = pace;
  }

  dispose(): Promise<void> {
    return this.#model.dispose();
  }

  async run(job: EngineJob, watcher: Watcher): Promise<Ending> {
    const tokens = tokensOf(job.prompt, this.#model, this.#render);
    const room = this.#contextSize - 1 - tokens.length;
    if (room < 1) {
      throw new Refusal(
        "cannot",
        `The prompt has ${tokens.length} tokens; ${job.model.name} holds ${this.#contextSize} here, answer included. ` +
          "Shorten the prompt, raise contextWindow of this model in the configuration, or choose another model.",
      );
    }
    const slot = this.#choose(tokens);
    slot.busy = true;
    slot.used = ++this.#uses;
    try {
      const cached = await this.#evaluatePrompt(slot, tokens, job.sampling.seed !== undefined, watcher);
      const { stop, output } = await this.#generate(slot, tokens, job, room, watcher);
      const usage = { input: tokens.length, cachedInput: cached, cacheWrite: 0, output, reasoning: 0 };
      return { stop, usage: { ...usage, source: "provider" } };
    } catch (e) {
      // What the library threw may have left the cache half written.
      if (!(e instanceof Cancelled)) {
        slot.exact = 0;
        await slot.sequence.clearHistory();
      }
      throw e;
    } finally {
      slot.busy = false;
    }
  }

  /** The free slot whose cache shares the longest beginning with the prompt; of equals the one used longest ago. */
  #choose(tokens: readonly Token[]): Slot {
    let best: Slot | null = null;
    let bestShared = -1;
    for (const slot of this.#slots) {
      if (slot.busy) continue;
      const shared = slot.sequence.compareContextTokens(tokens).firstDifferentIndex;
      if (shared > bestShared || (shared === bestShared && best !== null && slot.used < best.used)) {
        best = slot;
        bestShared = shared;
      }
    }
    if (!best) throw new Error("no free slot"); // whoever hands out jobs counts the slots
    return best;
  }

  /** Evaluates all of the prompt but its last token; returns how many tokens the cache had. */
  async #evaluatePrompt(slot: Slot, tokens: readonly Token[], seeded: boolean, watcher: Watcher): Promise<number> {
    const { sequence } = slot;
    const end = tokens.length - 1;
    let shared = Math.min(sequence.compareContextTokens(tokens).firstDifferentIndex, end);
    // Rounding differs with the length of a stretch: who gives a seed gets the stretches that a fresh engine would make.
    if (seeded) shared = Math.min(shared, slot.exact);
    await sequence.adaptStateToTokens(tokens.slice(0, shared), false);
    const cached = Math.min(sequence.nextTokenIndex, end); // less than asked where a model can't forget in part
    slot.exact = Math.min(slot.exact, cached);
    watcher.prompt(0, cached);
    for (let at = cached; at < end; ) {
      if (watcher.cancelled()) throw new Cancelled();
      const size = seeded ? steady : this.#pace.size;
      const stretch = tokens.slice(at, Math.min(at + size, end));
      const before = performance.now();
      await sequence.evaluateWithoutGeneratingNewTokens(stretch);
      if (stretch.length === size) this.#pace.took(performance.now() - before);
      if (slot.exact === at && stretch.length === steady) slot.exact += steady;
      at += stretch.length;
      watcher.prompt(stretch.length, 0);
    }
    return cached;
  }

  async #generate(
    slot: Slot,
    tokens: readonly Token[],
    { prompt, sampling }: EngineJob,
    room: number,
    watcher: Watcher,
  ): Promise<{ stop: Ending["stop"]; output: number }> {
    const limit = Math.max(1, Math.min(sampling.maxTokens ?? room, room));
    const speller = new Speller(this.#model, tokens);
    const stopper = new Stopper(sampling.stop ?? []);
    const say = (text: string) => {
      const shown = stopper.push(text);
      if (shown !== "") watcher.text(shown);
    };
    let output = 0;
    const recent: Token[] = [];
    // A client that names no temperature leaves the choice to us, and small models left alone go round in circles.
    const free = sampling.temperature === undefined && prompt.kind === "chat";
    if (watcher.cancelled()) throw new Cancelled();
    watcher.prompt(1, 0);
    for await (const token of slot.sequence.evaluate(tokens.slice(-1), {
      temperature: sampling.temperature ?? (prompt.kind === "fill" ? 0 : 0.4),
      ...(free ? { repeatPenalty: { punishTokens: () => recent.slice(-repeatWindow), penalty: 1.15 } } : {}),
      topP: sampling.topP ?? 0.95,
      topK: 40,
      minP: 0.05,
      seed: sampling.seed ?? randomInt(0x7fff_ffff),
    })) {
      if (watcher.cancelled()) throw new Cancelled();
      output++;
      recent.push(token);
      watcher.generated(1);
      say(speller.push(token));
      if (stopper.stopped || output >= limit) break;
    }
    if (!stopper.stopped) {
      say(speller.flush());
      const rest = stopper.flush();
      if (rest !== "") watcher.text(rest);
    }
    return { stop: !stopper.stopped && output >= limit ? "length" : "stop", output };
  }
}
