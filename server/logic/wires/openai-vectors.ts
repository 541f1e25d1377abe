import type { Event } from "../../domain/event.ts";
import { fault } from "../../domain/fault.ts";
import { openAiEmbeddingsSchema } from "../../protocol/openai.ts";
import { errorMessage } from "./openai-chunk.ts";
import { readOpenAiUsage } from "./usage.ts";

/** The events of an answer that shall hold so many vectors: finite ones, all of one length. */
export function readOpenAiVectors(body: Buffer, texts: number): readonly Event[] {
  let json: unknown;
  try {
    json = JSON.parse(body.toString("utf8"));
  } catch {
    return [failed("isn't JSON")];
  }
  const read = openAiEmbeddingsSchema.safeParse(json);
  if (!read.success) return [failed(`holds no vectors: ${errorMessage(json) ?? wrong(read.error.issues[0])}`)];
  const { data } = read.data;
  if (data.length !== texts) return [failed(`holds ${data.length} vectors in place of ${texts}`)];
  const vectors: Float32Array[] = [];
  for (const [at, { index, embedding }] of data.entries()) vectors[index ?? at] = Float32Array.from(embedding);
  for (let i = 0; i < texts; i++) if (!vectors[i]) return [failed(`holds no vector for text ${i}`)];
  if (vectors.some((v) => v.length !== vectors[0]!.length)) return [failed("holds vectors of several lengths")];
  // Finite as read, a number may still be too large for what vectors are kept in.
  if (!vectors.every((v) => v.every(Number.isFinite))) return [failed("holds a vector that isn't finite")];
  const usage = readOpenAiUsage(read.data.usage);
  return [
    { type: "first" },
    { type: "vectors", vectors },
    ...(usage ? [{ type: "usage", usage } as const] : []),
    { type: "done", stop: "stop" },
  ];
}

const wrong = (issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined): string =>
  issue ? `${issue.path.map(String).join(".") || "all of it"}: ${issue.message}` : "they are malformed";

const failed = (what: string): Event => ({
  type: "error",
  fault: fault("upstream_error", `The provider's answer ${what}.`, { retry: "elsewhere" }),
});
