import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { chance } from "../../server/kit/chance.ts";

/**
 * A valid llama-architecture GGUF of a megabyte, made in a moment: a real engine, real tokens and real aborts without
 * a download. What it says is either a fixed walk through its words or, with random weights, nonsense that depends on
 * everything before it.
 */
export interface TinyGguf {
  /** `cycle`: each word is followed by the next of the list. `random`: by one that depends on the whole prompt. */
  readonly mode?: "cycle" | "random";
  /** In `cycle`: the answer ends after the word of this number; absent: never. */
  readonly endAfter?: number;
  /** How sure it is of the next word: 1 leaves no doubt, 0.05 makes sampling matter. */
  readonly certainty?: number;
  /** Width, layers and the feed-forward's width: what makes it heavy. Weights of a heavy `cycle` cost no time to write. */
  readonly embedding?: number;
  readonly layers?: number;
  readonly feedForward?: number;
  /** Tokens. */
  readonly context?: number;
  /** Gives it the tokens of fill-in-the-middle. */
  readonly infill?: boolean;
}

/** The words it speaks, in the order of its walk. */
export const tinyWords = (
  "the of and to in is that it was for on are as with be this at by from or one had not but what all were we when your " +
  "can said there use an each which she do how their if will up other about out many then them these so some her would " +
  "make like him into time has look two more write go see number no way could people my than first been call who its " +
  "now find long down day did get come made may part function return const let var class import export async await " +
  "promise string boolean array object map filter reduce test expect error code file line type interface null true " +
  "false new try catch throw while break continue switch case default local cloud model token route cache latency cost"
).split(" ");

const chatTemplate =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

const kind = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;
interface Token {
  readonly text: string;
  readonly kind: number;
}

function vocabulary(infill: boolean): Token[] {
  const tokens: Token[] = [
    { text: "<unk>", kind: kind.unknown },
    { text: "<s>", kind: kind.control },
    { text: "</s>", kind: kind.control },
  ];
  for (let i = 0; i < 256; i++) {
    tokens.push({ text: `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`, kind: kind.byte });
  }
  const control = ["<|im_start|>", "<|im_end|>"];
  if (infill) control.push("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>");
  for (const text of control) tokens.push({ text, kind: kind.control });
  // Every way of merging letters into a word must exist, shortest first: its beginnings, then single characters.
  const beginnings = new Set<string>();
  for (const word of tinyWords) for (let n = 1; n <= word.length; n++) beginnings.add(`▁${word.slice(0, n)}`);
  const ordered = [...beginnings].sort((a, b) => a.length - b.length);
  const single = [
    ..."▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?()[]{}<>+-*/=_\"'`#@&|\\%$^~",
  ];
  for (const text of new Set([...ordered, ...single])) tokens.push({ text, kind: kind.normal });
  return tokens;
}

/** The same weights each time. */
function gaussians(seed: number): () => number {
  const uniform = chance(seed);
  return () => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
}

interface Tensor {
  readonly name: string;
  /** Fastest dimension first, as ggml has it. */
  readonly shape: readonly number[];
  /** Null: zeros, left as a hole in the file. */
  readonly data: Float32Array | null;
}

function weights(tokens: readonly Token[], options: Required<Omit<TinyGguf, "endAfter">> & TinyGguf): Tensor[] {
  const { mode, certainty, embedding: width, layers, feedForward } = options;
  const gauss = gaussians(1);
  const random = (n: number, scale: number) => Float32Array.from({ length: n }, () => gauss() * scale);
  const ones = (n: number) => new Float32Array(n).fill(1);
  const matrix = (name: string, columns: number, rows: number): Tensor => ({
    name,
    shape: [columns, rows],
    data: mode === "random" ? random(columns * rows, 0.16) : null,
  });

  const embeddings = random(tokens.length * width, 1);
  // Dimension 0 is the same for every token, so that the head can forbid what isn't a word.
  for (let t = 0; t < tokens.length; t++) embeddings[t * width] = 3;

  const idOf = new Map(tokens.map((token, id) => [token.text, id]));
  const words = [...new Set(tinyWords)].map((word) => idOf.get(`▁${word}`)!);
  const before = new Map(words.map((id, i) => [id, words.at(i - 1)!]));
  if (options.endAfter !== undefined) {
    const last = words[options.endAfter - 1]!;
    before.set(idOf.get("<|im_end|>")!, last);
    before.delete(words[options.endAfter % words.length]!);
  }
  const isWord = new Set(words);
  const head = new Float32Array(tokens.length * width);
  for (let t = 0; t < tokens.length; t++) {
    const previous = before.get(t);
    head[t * width] = isWord.has(t) || previous !== undefined ? 0 : -40;
    for (let d = 1; d < width; d++) {
      if (mode === "random") head[t * width + d] = isWord.has(t) ? gauss() * certainty : 0;
      else if (previous !== undefined) head[t * width + d] = embeddings[previous * width + d]! * certainty;
    }
  }

  const tensors: Tensor[] = [{ name: "token_embd.weight", shape: [width, tokens.length], data: embeddings }];
  for (let layer = 0; layer < layers; layer++) {
    const block = `blk.${layer}`;
    tensors.push(
      { name: `${block}.attn_norm.weight`, shape: [width], data: ones(width) },
      matrix(`${block}.attn_q.weight`, width, width),
      matrix(`${block}.attn_k.weight`, width, width),
      matrix(`${block}.attn_v.weight`, width, width),
      matrix(`${block}.attn_output.weight`, width, width),
      { name: `${block}.ffn_norm.weight`, shape: [width], data: ones(width) },
      matrix(`${block}.ffn_gate.weight`, width, feedForward),
      matrix(`${block}.ffn_up.weight`, width, feedForward),
      matrix(`${block}.ffn_down.weight`, feedForward, width),
    );
  }
  tensors.push(
    { name: "output_norm.weight", shape: [width], data: ones(width) },
    { name: "output.weight", shape: [width, tokens.length], data: head },
  );
  return tensors;
}

/** The value types of GGUF that it uses. */
const type = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

class Writer {
  readonly #parts: Buffer[] = [];
  u32(value: number): void {
    const b = Buffer.alloc(4);
    b.writeUInt32LE(value);
    this.#parts.push(b);
  }
  u64(value: number): void {
    const b = Buffer.alloc(8);
    b.writeBigUInt64LE(BigInt(value));
    this.#parts.push(b);
  }
  f32(value: number): void {
    const b = Buffer.alloc(4);
    b.writeFloatLE(value);
    this.#parts.push(b);
  }
  raw(bytes: Buffer): void {
    this.#parts.push(bytes);
  }
  string(value: string): void {
    const b = Buffer.from(value);
    this.u64(b.length);
    this.#parts.push(b);
  }
  key(name: string, valueType: number): void {
    this.string(name);
    this.u32(valueType);
  }
  list(name: string, valueType: number, length: number): void {
    this.key(name, type.array);
    this.u32(valueType);
    this.u64(length);
  }
  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

const align = (n: number): number => Math.ceil(n / 32) * 32;
const sizeOf = (tensor: Tensor): number => tensor.shape.reduce((a, b) => a * b, 4);

/** Writes the model to `path`; tells how many weights it has. */
export function writeTinyGguf(path: string, options: TinyGguf = {}): { parameters: number; bytes: number } {
  const heads = 4;
  const full = {
    mode: "cycle" as const,
    certainty: options.mode === "random" ? 0.3 : 1,
    embedding: 64,
    layers: 2,
    feedForward: 128,
    context: 2048,
    infill: false,
    ...options,
  };
  const tokens = vocabulary(full.infill);
  const tensors = weights(tokens, full);
  const idOf = (text: string) => tokens.findIndex((token) => token.text === text);

  const meta: ((w: Writer) => void)[] = [];
  const put = (name: string, valueType: number, write: (w: Writer) => void) =>
    meta.push((w) => {
      w.key(name, valueType);
      write(w);
    });
  const u32 = (name: string, value: number) => put(name, type.u32, (w) => w.u32(value));
  const f32 = (name: string, value: number) => put(name, type.f32, (w) => w.f32(value));
  const bool = (name: string, value: boolean) => put(name, type.bool, (w) => w.raw(Buffer.from([value ? 1 : 0])));
  const text = (name: string, value: string) => put(name, type.string, (w) => w.string(value));
  text("general.architecture", "llama");
  text("general.name", `tiny-${full.mode}`);
  u32("general.file_type", 0);
  u32("llama.vocab_size", tokens.length);
  u32("llama.context_length", full.context);
  u32("llama.embedding_length", full.embedding);
  u32("llama.block_count", full.layers);
  u32("llama.feed_forward_length", full.feedForward);
  u32("llama.rope.dimension_count", full.embedding / heads);
  u32("llama.attention.head_count", heads);
  u32("llama.attention.head_count_kv", heads);
  f32("llama.attention.layer_norm_rms_epsilon", 1e-5);
  f32("llama.rope.freq_base", 10_000);
  text("tokenizer.ggml.model", "llama");
  meta.push((w) => {
    w.list("tokenizer.ggml.tokens", type.string, tokens.length);
    for (const token of tokens) w.string(token.text);
  });
  meta.push((w) => {
    w.list("tokenizer.ggml.scores", type.f32, tokens.length);
    tokens.forEach((token, id) => {
      w.f32(token.kind === kind.normal ? -id : 0);
    });
  });
  meta.push((w) => {
    w.list("tokenizer.ggml.token_type", type.i32, tokens.length);
    for (const token of tokens) w.u32(token.kind);
  });
  u32("tokenizer.ggml.bos_token_id", idOf("<s>"));
  u32("tokenizer.ggml.eos_token_id", idOf("<|im_end|>"));
  u32("tokenizer.ggml.unknown_token_id", idOf("<unk>"));
  bool("tokenizer.ggml.add_bos_token", true);
  bool("tokenizer.ggml.add_eos_token", false);
  text("tokenizer.chat_template", chatTemplate);

  const header = new Writer();
  header.raw(Buffer.from("GGUF"));
  header.u32(3);
  header.u64(tensors.length);
  header.u64(meta.length);
  for (const write of meta) write(header);
  let offset = 0;
  for (const tensor of tensors) {
    header.string(tensor.name);
    header.u32(tensor.shape.length);
    for (const n of tensor.shape) header.u64(n);
    header.u32(0); // f32
    header.u64(offset);
    offset += align(sizeOf(tensor));
  }
  const head = header.bytes();
  const file = openSync(path, "w");
  try {
    writeSync(file, head);
    let at = align(head.length);
    for (const tensor of tensors) {
      if (tensor.data) writeSync(file, Buffer.from(tensor.data.buffer), 0, sizeOf(tensor), at);
      at += align(sizeOf(tensor));
    }
    ftruncateSync(file, at);
    return { parameters: tensors.reduce((n, tensor) => n + sizeOf(tensor) / 4, 0), bytes: at };
  } finally {
    closeSync(file);
  }
}
