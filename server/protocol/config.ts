import * as z from "zod";
import { experimentListSchema } from "./experiment-config.ts";
import { presetNames, strategyNames } from "./strategy.ts";
import { tasks } from "./trace.ts";

/**
 * The configuration file, one schema for its readers: the daemon that obeys it, the editor that completes and checks it
 * (the JSON schema is generated from here), and the README's table. Sections that a later version makes real are absent:
 * `notYet` names them, so that they are refused with that word and never silently accepted.
 */
const id = z
  .string()
  .min(1)
  .regex(/^[^\s/]+(\/[^\s/]+)*$/, "an id has no spaces");
const share = z.number().min(0).max(1);
const ms = z.int().positive();

export const timeoutsSchema = z.strictObject({
  connectMs: ms.default(5_000).describe("Milliseconds to reach the provider."),
  firstTokenMs: ms.default(8_000).describe("Milliseconds to the first token of a stream."),
  betweenTokensMs: ms.default(20_000).describe("Milliseconds that a stream may be silent."),
  totalMs: ms.default(600_000).describe("Milliseconds for a whole answer, streamed or not."),
});

const apiKey = z
  .string()
  .regex(
    /^(env|secret):[A-Za-z_][A-Za-z0-9_.-]*$/,
    "a key is never written here: use env:NAME (an environment variable) or secret:NAME (handed over by the editor)",
  )
  .describe("Where the key is: env:NAME or secret:NAME. A literal key is refused.");
const locality = z.enum(["local", "cloud"]).describe("Absent: told by the address.");
const timeouts = timeoutsSchema.partial().describe("Deadlines of each phase.");

export const providerSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z
      .literal("openai")
      .describe("Speaks the OpenAI API: llama-server, vLLM, LM Studio, Ollama's /v1, most clouds."),
    baseUrl: z.url({ protocol: /^https?$/ }).describe("Up to and with /v1."),
    apiKey: apiKey.optional(),
    locality: locality.optional(),
    timeouts: timeouts.optional(),
    wires: z
      .array(z.enum(["chat", "completions", "embeddings"]))
      .min(1)
      .optional()
      .describe("The endpoints it has."),
    maxConcurrent: z
      .int()
      .positive()
      .optional()
      .describe("Requests that it serves at once; more wait. Absent: as it says itself, else `server.maxConcurrent`."),
  }),
  z.strictObject({
    kind: z.literal("llama-cpp").describe("The embedded engine: a GGUF file run in a process of its own."),
    timeouts: timeouts.optional(),
    threads: z.int().positive().optional().describe("Threads the engine may use; absent: it decides."),
    parallel: z.int().min(1).max(16).default(2).describe("Requests served at once."),
    queue: z.int().min(0).default(32).describe("Requests that may wait; more are refused as overloaded."),
    idleSeconds: z.int().min(1).default(600).describe("Seconds without a request after which a model is unloaded."),
  }),
]);

export const abilityNames = [
  "chat",
  "completion",
  "fim",
  "tools",
  "images",
  "json-schema",
  "logprobs",
  "embeddings",
  "reasoning",
  "continue",
] as const;

export const pricesSchema = z.strictObject({
  input: z.number().nonnegative(),
  cachedInput: z.number().nonnegative().optional().describe("Absent: as input."),
  cacheWrite: z.number().nonnegative().optional().describe("Absent: as input."),
  output: z.number().nonnegative(),
  reasoning: z.number().nonnegative().optional().describe("Absent: as output."),
});

export const modelSchema = z.strictObject({
  provider: z.string().describe("The name of one of the providers above."),
  name: z
    .string()
    .min(1)
    .describe("What the provider calls it; for llama-cpp a model's name or the path of a GGUF file."),
  tier: z.enum(["local", "economy", "standard", "premium"]).optional(),
  contextWindow: z.int().positive().optional().describe("Tokens."),
  maxOutput: z.int().positive().optional().describe("Tokens."),
  abilities: z.array(z.enum(abilityNames)).default(["chat", "completion"]),
  prices: pricesSchema.optional().describe("US dollars per million tokens. Absent: the cost is unknown, never 0."),
  equals: z
    .array(id)
    .default([])
    .describe("Models that answer as well: a late answer may be asked of one of them too."),
});

export const ruleSchema = z.strictObject({
  when: z
    .strictObject({
      task: z.enum(tasks).optional(),
      kind: z.enum(["chat", "completion"]).optional(),
      client: z.string().optional(),
      workspace: z.string().optional(),
    })
    .refine((w) => Object.values(w).some((v) => v !== undefined), "name at least one condition"),
  use: z.string().describe("The id of a model."),
});

export const routingSchema = z.strictObject({
  enabled: z.boolean().default(true).describe("false: everything goes to `primary`; accounting goes on."),
  quality: z
    .union([share, z.enum(presetNames)], { error: "must be a number from 0 to 1, or cost, balanced or quality" })
    .default(0.5)
    .describe("0: as cheap as can be; 1: as good as can be; or `cost` (0.2), `balanced` (0.5), `quality` (0.8)."),
  strategy: z
    .enum(strategyNames)
    .default("control")
    .describe("How a model is chosen where no rule says so; `control`: by the score and the band."),
  primary: id.optional().describe("Absent: the first model."),
  escalation: id.optional().describe("The strong model. Absent: `primary`."),
  baseline: id.optional().describe("The model that savings are measured against. Absent: `primary`."),
  judge: id
    .optional()
    .describe("A small model that is asked whether a doubtful question is simple. Absent: the policy decides."),
  meta: id.optional().describe("For titles, commit messages and summaries of a chat. Absent: `primary`."),
  completion: id.optional().describe("For completions. Absent: `primary`."),
  band: z
    .tuple([share, share])
    .refine(([low, high]) => low <= high, "the lower edge comes first")
    .default([0.35, 0.65])
    .describe("A score below goes to `primary`, above to `escalation`; inside, the judge or else the policy decides."),
  rules: z.array(ruleSchema).default([]).describe("The first that matches decides."),
  fallbackExplicit: z
    .boolean()
    .default(false)
    .describe("Let another model answer when the one the client named fails."),
  continueBroken: z
    .boolean()
    .default(false)
    .describe("Let an answer that broke off be continued by a model with the ability `continue`."),
});

export const speculationSchema = z.strictObject({
  enabled: z.boolean().default(true),
  maxHoldMs: z
    .int()
    .min(0)
    .max(60_000)
    .optional()
    .describe(
      "Milliseconds after a request's arrival that the judge has; absent: the primary's median time to first token and 150, at most 1,500.",
    ),
  cloudUsdPerDay: z
    .number()
    .nonnegative()
    .default(0.25)
    .describe("What early attempts at cloud models may cost a day."),
});

export const hedgeSchema = z.strictObject({
  enabled: z.boolean().default(true),
  afterMs: z
    .union([z.literal("p95"), ms])
    .default("p95")
    .describe("When a second attempt starts: the model's own 95th percentile to the first token, or milliseconds."),
  maxShare: share.default(0.05).describe("The share of requests that may have one."),
});

export const exactCacheSchema = z.strictObject({
  enabled: z.boolean().default(true),
  ttlSeconds: z.int().positive().default(3_600).describe("How long an answer is given again."),
  maxBytes: z.int().positive().default(268_435_456).describe("What all answers together may take."),
  maxEntries: z.int().positive().default(100_000),
  anyTemperature: z
    .boolean()
    .default(false)
    .describe("Also answers that chance has a part in: a temperature above 0, or none said."),
});

export const semanticCacheSchema = z.strictObject({
  enabled: z.boolean().default(false),
  threshold: share
    .default(0.9)
    .describe("How alike two questions must be, 0…1, besides differing in nothing that matters."),
  model: id
    .optional()
    .describe("A model with the ability `embeddings` that compares them. Absent: the packaged one, for English."),
});

export const decisionCacheSchema = z.strictObject({
  ttlSeconds: z.int().positive().default(300).describe("How long what was read of a prompt is known."),
});

export const cacheSchema = z.strictObject({
  exact: exactCacheSchema.prefault({}).describe("The same request again is answered at once."),
  semantic: semanticCacheSchema
    .prefault({})
    .describe("A chat's question in other words is answered with what was answered before."),
  decisions: decisionCacheSchema
    .prefault({})
    .describe("Features and score of a prompt that comes again; policy and learner decide anew each time."),
});

export const learnerSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe("Learn from what you keep, edit, undo and retry which model suits which task."),
});

export const privacySchema = z.strictObject({
  offline: z.boolean().default(false).describe("true: nothing leaves this machine."),
  deny: z
    .array(z.string())
    .default(["**/.env*", "**/*.pem", "**/*.key", "**/id_rsa*", "**/id_ed25519*"])
    .describe("Files whose text is sent to no model."),
});

export const ledgerSchema = z.strictObject({
  keepDays: z.int().positive().default(90),
  maxTraces: z.int().positive().default(1_000_000),
  storeText: z.boolean().default(false).describe("Keep prompts and answers beside their traces."),
});

export const logSchema = z.strictObject({
  level: z.enum(["error", "warn", "info", "debug"]).default("info"),
  format: z.enum(["pretty", "json"]).default("pretty"),
});

export const serverSchema = z.strictObject({
  host: z.string().default("127.0.0.1"),
  port: z.int().min(0).max(65_535).default(0).describe("0: a free one."),
  allowedHosts: z
    .array(z.string())
    .default([])
    .describe("Values of the Host header accepted besides loopback's names."),
  maxBodyBytes: z.int().positive().default(33_554_432),
  maxConcurrent: z.int().positive().default(512),
});

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  providers: z.record(id, providerSchema).default({}),
  models: z.record(id, modelSchema).default({}),
  routing: routingSchema.prefault({}),
  speculation: speculationSchema.optional(),
  hedge: hedgeSchema.optional(),
  learner: learnerSchema.prefault({}),
  experiments: experimentListSchema,
  cache: cacheSchema.optional(),
  privacy: privacySchema.prefault({}),
  ledger: ledgerSchema.prefault({}),
  log: logSchema.prefault({}),
  server: serverSchema.prefault({}),
});

/** The configuration as written. */
export type ConfigInput = z.input<typeof configSchema>;
/** The configuration with its defaults filled in. */
export type Config = z.infer<typeof configSchema>;
export type ProviderConfig = z.infer<typeof providerSchema>;
export type ModelConfig = z.infer<typeof modelSchema>;
export type RoutingConfig = Config["routing"];
export type RuleConfig = z.infer<typeof ruleSchema>;
export type Timeouts = z.infer<typeof timeoutsSchema>;

/** Paths of the contract that a later version makes real. Setting one is refused with "not yet". */
export const notYet: readonly string[] = [
  "cascade",
  "vote",
  "refine",
  "enrich",
  "budgets",
  "limits",
  "privacy.localOnly",
  "alerts",
  "vram",
  "providers.*.kind=anthropic",
  "providers.*.kind=ollama",
  "providers.*.wires=responses",
];
