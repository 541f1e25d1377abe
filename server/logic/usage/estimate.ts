import type { Usage } from "../../protocol/trace.ts";

/** Characters per token of ordinary English and code; good to about ±20 %, and always marked as an estimate. */
const charsPerToken = 4;

export const tokensOfChars = (chars: number): number => Math.ceil(chars / charsPerToken);

/** The usage of an attempt whose provider didn't say, from the characters that were sent and that have come back. */
export const estimateUsage = (inputChars: number, outputChars: number): Usage => ({
  input: tokensOfChars(inputChars),
  cachedInput: 0,
  cacheWrite: 0,
  output: tokensOfChars(outputChars),
  reasoning: 0,
  source: "estimate",
});
