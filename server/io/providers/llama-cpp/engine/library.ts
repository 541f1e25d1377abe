import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EngineSettings } from "../../../../protocol/engine.ts";

/** The part of node-llama-cpp that we use. It is found at run time, so that its own types can't be. */
export type Token = number;

export interface LlamaSequence {
  readonly nextTokenIndex: number;
  compareContextTokens(tokens: readonly Token[]): { readonly firstDifferentIndex: number };
  adaptStateToTokens(tokens: readonly Token[], allowShift: boolean): Promise<void>;
  clearHistory(): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly Token[]): Promise<void>;
  evaluate(tokens: readonly Token[], options: EvaluateOptions): AsyncGenerator<Token, void>;
}

export interface EvaluateOptions {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly seed: number;
  readonly repeatPenalty?: { readonly punishTokens: () => Token[]; readonly penalty: number };
}

export interface LlamaContext {
  readonly contextSize: number;
  getSequence(): LlamaSequence;
}

export interface LlamaModel {
  readonly trainContextSize: number;
  readonly fileInfo: { readonly metadata?: { readonly tokenizer?: { readonly chat_template?: string } } };
  readonly tokens: {
    readonly bos: Token | null;
    readonly bosString: string | null;
    readonly eosString: string | null;
    readonly shouldPrependBosToken: boolean;
    readonly infill: { readonly prefix: Token | null; readonly middle: Token | null; readonly suffix: Token | null };
  };
  tokenize(text: string, specialTokens: boolean, options?: "trimLeadingSpace"): Token[];
  detokenize(tokens: readonly Token[], specialTokens: boolean, lastTokens: readonly Token[]): string;
  createContext(options: {
    readonly sequences: number;
    readonly contextSize: { readonly min: number; readonly max: number };
    readonly flashAttention: boolean | "auto";
    readonly threads?: number;
  }): Promise<LlamaContext>;
  dispose(): Promise<void>;
}

interface Llama {
  readonly gpu: string | false;
  loadModel(options: { modelPath: string; onLoadProgress: (share: number) => void }): Promise<LlamaModel>;
}

interface LlamaModule {
  getLlama(options: {
    build: "never";
    skipDownload: true;
    gpu: "auto" | false;
    maxThreads?: number;
    logLevel: "error";
  }): Promise<Llama>;
}

/** Renders a model's own chat template (Jinja). */
export type RenderTemplate = (template: string, values: Readonly<Record<string, unknown>>) => string;

export interface Library {
  readonly llama: Llama;
  readonly render: RenderTemplate;
  /** Undefined: as many as the library thinks right, which on a GPU are few. */
  readonly threads: number | undefined;
}

/** Whether a build that can use a GPU is installed beside the package. */
function hasGpuBuild(library: string): boolean {
  try {
    return readdirSync(join(dirname(library), "@node-llama-cpp")).some((name) => /-(cuda|vulkan|metal)/.test(name));
  } catch {
    return false;
  }
}

/** Loads what is installed in `settings.library`; never builds and never downloads. */
export async function openLibrary(settings: EngineSettings): Promise<Library> {
  const entry = pathToFileURL(join(settings.library, "dist", "index.js")).href;
  const { getLlama } = (await import(entry)) as LlamaModule;
  const gpu = settings.gpu === "auto" && hasGpuBuild(settings.library) ? "auto" : false;
  // Threads beyond the physical cores spin against each other and against the editor.
  const threads = settings.threads ?? (gpu === false ? Math.max(1, Math.floor(availableParallelism() / 2)) : undefined);
  const llama = await getLlama({
    build: "never",
    skipDownload: true,
    gpu,
    logLevel: "error",
    ...(threads === undefined ? {} : { maxThreads: threads }),
  });
  const { Template } = createRequire(join(settings.library, "package.json"))("@huggingface/jinja") as {
    Template: new (source: string) => { render(values: Readonly<Record<string, unknown>>): string };
  };
  const compiled = new Map<string, InstanceType<typeof Template>>();
  const render: RenderTemplate = (source, values) => {
    let template = compiled.get(source);
    if (!template) {
      if (compiled.size > 8) compiled.clear();
      template = new Template(source);
      compiled.set(source, template);
    }
    return template.render(values);
  };
  return { llama, render, threads };
}
