import * as z from "zod";
import { experimentsSchema } from "./experiments.ts";
import { feedbackRequestSchema, learnedSchema } from "./learned.ts";
import { meterSchema, statsSchema } from "./stats.ts";
import { errorSchema, recalledSchema, tasks, traceSchema } from "./trace.ts";

/** One JSON-RPC method between a window and the daemon: its name, its shapes, and what it is for. */
export interface Method<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly method: string;
  readonly params: P;
  readonly result: R;
}
const method = <P extends z.ZodType, R extends z.ZodType>(name: string, params: P, result: R): Method<P, R> => ({
  method: `switchyard/${name}`,
  params,
  result,
});
const nothing = z.null();

export const contextItemSchema = z.object({
  /** Absolute path or URI, for the privacy rules; every item has one. */
  path: z.string(),
  language: z.string(),
  text: z.string(),
});
export type ContextItem = z.infer<typeof contextItemSchema>;

export const chatMessageSchema = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });
export type ChatMessage = z.infer<typeof chatMessageSchema>;

/** What one answer took, for the line under it. */
export const receiptSchema = z.object({
  trace: z.string(),
  status: z.enum(["ok", "error", "cancelled"]),
  model: z.string().nullable(),
  /** The model that was chosen and failed, where another one answered; and what it said. */
  instead: z.object({ model: z.string(), message: z.string() }).nullable(),
  route: z.string().nullable(),
  reason: z.string().nullable(),
  cache: z.string(),
  /** The earlier answer that this one is; null: a model was asked. */
  recalled: recalledSchema.nullable(),
  ttftMs: z.number().nullable(),
  totalMs: z.number(),
  inputTokens: z.int().nullable(),
  outputTokens: z.int().nullable(),
  costNanos: z.int().nullable(),
  savedNanos: z.int().nullable(),
  estimated: z.boolean(),
  error: errorSchema.nullable(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** Asks a question. The answer comes in `chatEvent` notifications with the same `id`; the result closes it. */
export const chat = method(
  "chat",
  z.object({
    /** Chosen by the window; names the stream. */
    id: z.string(),
    session: z.string(),
    workspace: z.string().nullable(),
    model: z.string(),
    task: z.enum(tasks).nullable(),
    messages: z.array(chatMessageSchema).min(1),
    context: z.array(contextItemSchema),
    /** What the editor knows besides: the length of the selection, and the errors it shows in what is attached. */
    selectionChars: z.int().nonnegative().optional(),
    errors: z.int().nonnegative().optional(),
    /** A model shall be asked, also where the answer is remembered: it wasn't good enough. */
    fresh: z.boolean().optional(),
  }),
  receiptSchema,
);

/**
 * The answer of this trace came from memory and isn't what was asked: it is forgotten, and questions must be more alike
 * from now on. `forgotten`: it was still there.
 */
export const notAsked = method("notAsked", z.object({ trace: z.string() }), z.object({ forgotten: z.boolean() }));

/** Which remembered answers shall go: those that meet all that is said; all null: every one. Times in ms since the epoch. */
export const forgetSchema = z.object({
  since: z.number().nullable(),
  before: z.number().nullable(),
  workspace: z.string().nullable(),
  /** Of a request: the answer made for it, and the one given for it. */
  trace: z.string().nullable(),
});
export const forget = method("forget", forgetSchema, z.object({ answers: z.int() }));

/** Notification, daemon to window: a piece of a running answer. */
export const chatEvent = {
  method: "switchyard/chatEvent",
  params: z.object({
    id: z.string(),
    event: z.discriminatedUnion("type", [
      z.object({ type: z.literal("model"), model: z.string(), reason: z.string() }),
      z.object({ type: z.literal("waiting"), why: z.string() }),
      z.object({ type: z.enum(["text", "reasoning"]), text: z.string() }),
    ]),
  }),
};
export type ChatEvent = z.infer<typeof chatEvent.params>;

/** Asks for ghost text at a position of a document that the window keeps synchronised. */
export const complete = method(
  "complete",
  z.object({
    uri: z.string(),
    position: z.object({ line: z.int(), character: z.int() }),
    workspace: z.string().nullable(),
    /** True when typing asked, false when the person did. */
    automatic: z.boolean(),
  }),
  z.object({
    /** Text to insert at the position, or null. */
    text: z.string().nullable(),
    /** Why there is none. */
    reason: z.string().nullable(),
    trace: z.string().nullable(),
  }),
);

export const modelInfoSchema = z.object({
  id: z.string(),
  provider: z.string(),
  name: z.string(),
  tier: z.string(),
  locality: z.string(),
  abilities: z.array(z.string()),
  /** What its last use or look showed; `unknown` until then. */
  health: z.enum(["unknown", "up", "down"]),
  note: z.string().nullable(),
});
export type ModelInfo = z.infer<typeof modelInfoSchema>;

/** Something a person should know or do. `action` names the way out. */
export const problemSchema = z.object({
  code: z.enum(["no-model", "config", "engine-missing", "ledger", "provider"]),
  message: z.string(),
  action: z.enum(["open-config", "pull-model", "install-engine", "set-api-key", "show-log"]).nullable(),
});
export type Problem = z.infer<typeof problemSchema>;

/** Everything a window shows of the daemon at rest. */
export const stateSchema = z.object({
  version: z.string(),
  pid: z.int(),
  http: z.string(),
  dataDir: z.string(),
  configFile: z.string(),
  models: z.array(modelInfoSchema),
  /** Keys found in the environment: offered, never spent unasked. */
  offers: z.array(z.string()),
  problems: z.array(problemSchema),
  meter: meterSchema,
});
export type State = z.infer<typeof stateSchema>;

export const getState = method("state", nothing, stateSchema);
/** Notification, daemon to window: the state has changed. */
export const stateChanged = { method: "switchyard/stateChanged", params: stateSchema };
/** Notification, daemon to window: today's money has changed. */
export const meterChanged = { method: "switchyard/meterChanged", params: meterSchema };

/** The configured models, with what their own servers say of them: half a second at most. */
export const getModels = method("configuredModels", nothing, z.array(modelInfoSchema));

export const getTraces = method(
  "traces",
  z.object({ limit: z.int().min(1).max(1000) }),
  z.object({ traces: z.array(traceSchema) }),
);
/** Turns `traceChanged` on or off for this window. */
export const watchTraces = method("watchTraces", z.object({ on: z.boolean() }), nothing);
/** Notification, daemon to window: a request began, changed or ended. */
export const traceChanged = { method: "switchyard/traceChanged", params: traceSchema };

/** Says what a person did with an answer: at once or minutes later. `known`: there is such a trace. */
export const feedback = method("feedback", feedbackRequestSchema, z.object({ known: z.boolean() }));
/** What was learned from that, and forgetting it. */
export const getLearned = method("learned", nothing, learnedSchema);
export const resetLearned = method("resetLearned", nothing, nothing);

/** Each experiment's arms, and the winner where there is one. */
export const getExperiments = method("experiments", nothing, experimentsSchema);

export const getStats = method(
  "stats",
  z.object({ from: z.string().nullable(), to: z.string().nullable(), by: statsSchema.shape.by }),
  statsSchema,
);

/** Hands a key over, for `apiKey: "secret:NAME"`. Kept in memory only; null forgets it. Never traced or logged. */
export const setSecret = method("secret", z.object({ name: z.string(), value: z.string().nullable() }), nothing);

/** The file's path; a commented starter is written when there is none. */
export const ensureConfig = method("ensureConfig", nothing, z.object({ path: z.string() }));

export const catalogueEntrySchema = z.object({
  name: z.string(),
  title: z.string(),
  /** Null: the hub says so at pull time. */
  bytes: z.int().nullable(),
  license: z.string(),
  installed: z.boolean(),
  /** True for the one that fits this machine's memory best. */
  suggested: z.boolean(),
  note: z.string(),
});
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>;
export const getCatalogue = method(
  "models",
  nothing,
  z.object({
    models: z.array(catalogueEntrySchema),
    engine: z.object({ installed: z.boolean(), note: z.string() }),
  }),
);

/** Long work with `workProgress` notifications of the same `id`; a cancelled request stops it. */
export const pullModel = method(
  "pullModel",
  z.object({ id: z.string(), name: z.string() }),
  z.object({ path: z.string() }),
);
export const installEngine = method("installEngine", z.object({ id: z.string() }), z.object({ path: z.string() }));
/** Notification, daemon to window. `total` null: not known. */
export const workProgress = {
  method: "switchyard/workProgress",
  params: z.object({ id: z.string(), message: z.string(), done: z.number(), total: z.number().nullable() }),
};

/** Every request a window may make, by its name without `switchyard/`. */
export const requests = {
  chat,
  notAsked,
  forget,
  complete,
  state: getState,
  configuredModels: getModels,
  traces: getTraces,
  watchTraces,
  feedback,
  learned: getLearned,
  resetLearned,
  experiments: getExperiments,
  stats: getStats,
  secret: setSecret,
  ensureConfig,
  models: getCatalogue,
  pullModel,
  installEngine,
};
export type Requests = typeof requests;
export type RequestName = keyof Requests;
export type Params<N extends RequestName> = z.infer<Requests[N]["params"]>;
export type Result<N extends RequestName> = z.infer<Requests[N]["result"]>;

/** Every notification a window may get, by its name without `switchyard/`. */
export const notifications = { chatEvent, stateChanged, meterChanged, traceChanged, workProgress };
export type Notifications = typeof notifications;
export type NotificationName = keyof Notifications;
export type Notice<N extends NotificationName> = z.infer<Notifications[N]["params"]>;
