import * as z from "zod";

/** The words that traces, decisions and statistics are made of. Outside programs rely on them: add, never rename. */
export const surfaces = ["editor", "http", "cli"] as const;
export const kinds = ["chat", "completion", "embedding"] as const;
export const wires = ["editor", "openai.chat", "openai.completions"] as const;
export const statuses = ["running", "ok", "error", "cancelled", "interrupted"] as const;
export const verdicts = ["anywhere", "local-only", "nowhere"] as const;
export const routes = ["direct", "meta", "enrich", "vote", "refine"] as const;
export const stages = ["override", "rules", "classifier", "judge", "learner", "policy", "disabled"] as const;
export const tasks = [
  "chat",
  "explain",
  "fix",
  "write",
  "test",
  "refactor",
  "document",
  "commit-message",
  "title",
  "summary",
  "shell",
  "search",
  "agent",
  "completion",
  "other",
] as const;
export const difficulties = ["simple", "medium", "complex"] as const;
export const roles = [
  "primary",
  "speculative",
  "hedge",
  "fallback",
  "escalation",
  "vote",
  "refine",
  "judge",
  "enrich",
] as const;
export const outcomes = ["served", "discarded", "cancelled", "failed"] as const;
export const spanNames = [
  "admit",
  "recall",
  "decide",
  "judge",
  "hold",
  "queue",
  "connect",
  "wait",
  "stream",
  "check",
  "vote",
  "enrich",
  "record",
] as const;
/** What a person did with an answer. */
export const signals = ["kept", "edited", "diagnostics", "undone", "retried", "escalated"] as const;
export const cacheStates = ["off", "miss", "exact", "semantic", "joined"] as const;

/** Tokens of one attempt. `cachedInput` and `cacheWrite` are part of `input`, `reasoning` is part of `output`. */
export const usageSchema = z.object({
  input: z.int().nonnegative(),
  cachedInput: z.int().nonnegative(),
  cacheWrite: z.int().nonnegative(),
  output: z.int().nonnegative(),
  reasoning: z.int().nonnegative(),
  source: z.enum(["provider", "estimate"]),
});

export const errorSchema = z.object({ code: z.string(), message: z.string() });

export const decisionSchema = z.object({
  route: z.enum(routes),
  model: z.string(),
  task: z.enum(tasks),
  difficulty: z.enum(difficulties),
  stage: z.enum(stages),
  /** The probability that the strong model is needed, 0…1. */
  score: z.number(),
  confidence: z.number(),
  reason: z.string(),
  /** What deciding took, in microseconds. */
  us: z.number(),
});

/** What the decision was made of, besides what the trace holds anyway: enough to decide again, and no text. */
export const featuresSchema = z.object({
  /** The model that was asked for, or `switchyard/…`. */
  named: z.string(),
  quality: z.number().nullable(),
  route: z.enum(routes).nullable(),
  /** Abilities without which a model can't take it. */
  needs: z.array(z.string()),
  /** Tokens that must fit the context window: the prompt, estimated, and the answer that was asked for. */
  tokens: z.int(),
  maxTokens: z.int().nullable(),
  /** Tokens, estimated, of what came before the last message: those a provider may have kept from the last request. */
  history: z.int(),
  /** The model that answered last in this conversation. */
  last: z.string().nullable(),
  /** The classifier's: the probability that the weak and that the strong model answer well, and that the strong one is needed. */
  weak: z.number(),
  strong: z.number(),
  score: z.number(),
  /** The share of the prompt's words that the classifier never saw, 0…1. */
  novelty: z.number(),
});

/** What a person did with the answer, and what that makes of it: 0 (of no use) … 1 (kept). */
export const feedbackSchema = z.object({
  reward: z.number(),
  signals: z.array(z.object({ signal: z.enum(signals), at: z.string() })),
});

/** The arm of an experiment that decided. */
export const armSchema = z.object({ experiment: z.string(), arm: z.string() });

export const spanSchema = z.object({
  name: z.enum(spanNames),
  startMs: z.number(),
  durationMs: z.number(),
  attempt: z.int().nullable(),
});

export const attemptSchema = z.object({
  model: z.string(),
  provider: z.string(),
  role: z.enum(roles),
  startMs: z.number(),
  firstTokenMs: z.number().nullable(),
  endMs: z.number().nullable(),
  /** Null while it runs. */
  outcome: z.enum(outcomes).nullable(),
  error: errorSchema.nullable(),
  usage: usageSchema.nullable(),
  /** Integer nano-dollars; null when a price is unknown. */
  costNanos: z.int().nullable(),
});

/** An answer that was there already. */
export const recalledSchema = z.object({
  /** The trace of the request that it was made for; of a joined one, that which it joined. */
  trace: z.string(),
  /** Milliseconds since then. */
  ageMs: z.number(),
  /** How alike the two questions are, 0…1; null: they are the same. */
  similarity: z.number().nullable(),
  /** What asking the model again would have taken (milliseconds, less what this took) and cost (nano-dollars; null: unknown): estimates. */
  savedMs: z.number(),
  savedNanos: z.int().nullable(),
});

/** All that is known of one request. Milliseconds count from its arrival on a monotonic clock; money is in nano-dollars. */
export const traceSchema = z.object({
  id: z.string(),
  startedAt: z.string(),
  surface: z.enum(surfaces),
  wire: z.enum(wires),
  kind: z.enum(kinds),
  stream: z.boolean(),
  client: z.string(),
  workspace: z.string().nullable(),
  session: z.string().nullable(),
  messages: z.int(),
  chars: z.int(),
  status: z.enum(statuses),
  error: errorSchema.nullable(),
  finish: z.string().nullable(),
  privacy: z.object({ verdict: z.enum(verdicts), rule: z.string() }),
  decision: decisionSchema.nullable(),
  spans: z.array(spanSchema),
  attempts: z.array(attemptSchema),
  cache: z.enum(cacheStates),
  ttftMs: z.number().nullable(),
  totalMs: z.number().nullable(),
  usage: usageSchema.nullable(),
  cost: z.object({
    nanos: z.int().nullable(),
    wasteNanos: z.int().nullable(),
    baselineNanos: z.int().nullable(),
    savedNanos: z.int().nullable(),
    estimated: z.boolean(),
  }),
  /** Milliseconds sooner that the first token came by an early start and by a second attempt: estimates. Null: neither was made. */
  savedMs: z.object({ speculation: z.number(), hedge: z.number() }).nullable(),
  /** The earlier answer that this one is: null where a model was asked for it. */
  recalled: recalledSchema.nullable(),
  features: featuresSchema.nullable(),
  feedback: feedbackSchema.nullable(),
  arm: armSchema.nullable(),
  /** Prompt and answer, only where `ledger.storeText` is on. */
  text: z.object({ prompt: z.string(), answer: z.string() }).optional(),
});

export type Usage = z.infer<typeof usageSchema>;
export type TraceDecision = z.infer<typeof decisionSchema>;
export type TraceAttempt = z.infer<typeof attemptSchema>;
export type TraceError = z.infer<typeof errorSchema>;
export type Trace = z.infer<typeof traceSchema>;
export type TraceFeatures = z.infer<typeof featuresSchema>;
export type TraceFeedback = z.infer<typeof feedbackSchema>;
export type Arm = z.infer<typeof armSchema>;
export type Signal = (typeof signals)[number];
export type Recalled = z.infer<typeof recalledSchema>;
export type CacheState = (typeof cacheStates)[number];
export type Surface = (typeof surfaces)[number];
export type Kind = (typeof kinds)[number];
export type WireName = (typeof wires)[number];
export type Verdict = (typeof verdicts)[number];
export type Route = (typeof routes)[number];
export type Stage = (typeof stages)[number];
export type Task = (typeof tasks)[number];
export type Difficulty = (typeof difficulties)[number];
export type Role = (typeof roles)[number];
export type Outcome = (typeof outcomes)[number];
export type SpanName = (typeof spanNames)[number];
