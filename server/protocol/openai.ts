import * as z from "zod";

/**
 * What must hold of a request on the OpenAI wire before Switchyard takes it. Loose on purpose: what Switchyard doesn't
 * need to know is the upstream's to judge, and is forwarded untouched.
 */
const shared = {
  model: z.string().min(1).max(512),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.number().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  seed: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
};

const part = z.looseObject({ type: z.string() });
export const openAiMessageSchema = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(part)]).nullish(),
});

export const openAiChatSchema = z.looseObject({
  ...shared,
  messages: z.array(openAiMessageSchema).min(1),
  max_completion_tokens: z.number().nullish(),
  tools: z.array(z.looseObject({ type: z.string() })).nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
});
export type OpenAiChat = z.infer<typeof openAiChatSchema>;

export const openAiCompletionSchema = z.looseObject({
  ...shared,
  prompt: z.union([z.string(), z.array(z.string()), z.array(z.number()), z.array(z.array(z.number()))]),
  suffix: z.string().nullish(),
});
export type OpenAiCompletion = z.infer<typeof openAiCompletionSchema>;

/** What must hold of an upstream's answer to `POST /embeddings` with `encoding_format: "float"`. */
export const openAiEmbeddingsSchema = z.object({
  data: z.array(z.object({ index: z.int().optional(), embedding: z.array(z.number()).min(1).max(4_096) })),
  usage: z.unknown().optional(),
});
