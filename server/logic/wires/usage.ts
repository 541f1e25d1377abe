import type { Usage } from "../../protocol/trace.ts";

const count = (v: unknown): number => (typeof v === "number" && Number.isFinite(v) && v > 0 ? Math.round(v) : 0);
const record = (v: unknown): Record<string, unknown> =>
  typeof v === "object" && v !== null ? (v as Record<string, unknown>) : {};

/** Reads the `usage` object of the OpenAI wire (and of DeepSeek, which counts cache hits by another name); null when there is none. */
export function readOpenAiUsage(raw: unknown): Usage | null {
  if (typeof raw !== "object" || raw === null) return null;
  const u = raw as Record<string, unknown>;
  if (typeof u["prompt_tokens"] !== "number" && typeof u["completion_tokens"] !== "number") return null;
  const input = count(u["prompt_tokens"]);
  const output = count(u["completion_tokens"]);
  const promptDetails = record(u["prompt_tokens_details"]);
  return {
    input,
    cachedInput: Math.min(input, count(promptDetails["cached_tokens"] ?? u["prompt_cache_hit_tokens"])),
    cacheWrite: Math.min(input, count(promptDetails["cache_write_tokens"] ?? u["cache_creation_input_tokens"])),
    output,
    reasoning: Math.min(output, count(record(u["completion_tokens_details"])["reasoning_tokens"])),
    source: "provider",
  };
}

/** A usage as the OpenAI wire says it. */
export const printOpenAiUsage = (u: Usage): object => ({
  prompt_tokens: u.input,
  completion_tokens: u.output,
  total_tokens: u.input + u.output,
  prompt_tokens_details: { cached_tokens: u.cachedInput },
  completion_tokens_details: { reasoning_tokens: u.reasoning },
});
