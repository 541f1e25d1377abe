import * as z from "zod";
import { metricNames, unitNames } from "./experiment-config.ts";
import { strategyNames } from "./strategy.ts";

export const guardrailNames = ["errors", "cost", "latency"] as const;
/** `waiting`: an experiment before it in the list runs; `planned`: it begins later; `off`: it isn't enabled. */
export const experimentStates = ["running", "waiting", "planned", "off"] as const;

/** An interval that holds however often one looks. In the metric's unit: 0…1, US dollars a request, or milliseconds. */
const versusSchema = z.object({
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  /** Always valid; to be held against `errorShare` of the report. */
  p: z.number(),
});

export const armReportSchema = z.object({
  name: z.string(),
  strategy: z.enum(strategyNames),
  /** Of the traffic, now: what the ramp has come to. 0…1. */
  share: z.number(),
  /** The guardrail that it ran into, and when that request began (ISO 8601): its traffic goes to the first arm. */
  stopped: z.object({ at: z.string(), guardrail: z.enum(guardrailNames), why: z.string() }).nullable(),
  /** Requests that ended and that its strategy chose for; answers from memory aren't among them. */
  requests: z.int(),
  /** Clients, sessions or requests: what keeps its arm. */
  units: z.int(),
  errors: z.int(),
  /** US dollars a request, the mean of those whose cost is known. */
  usd: z.object({ known: z.int(), mean: z.number().nullable() }),
  /** Milliseconds to the first token. */
  firstTokenMs: z.object({ known: z.int(), p50: z.number().nullable(), mean: z.number().nullable() }),
  /** What people made of the answers, 0…1; of most nothing is known. The interval is null while there are too few. */
  reward: z.object({
    known: z.int(),
    mean: z.number().nullable(),
    low: z.number().nullable(),
    high: z.number().nullable(),
  }),
  /** Against the first arm, on the experiment's metric; null: of the first itself, or too few yet. */
  versus: versusSchema.nullable(),
});
export type ArmReport = z.infer<typeof armReportSchema>;

export const experimentReportSchema = z.object({
  name: z.string(),
  state: z.enum(experimentStates),
  unit: z.enum(unitNames),
  metric: z.enum(metricNames),
  /** ISO 8601; null: it had begun when it was configured. */
  startsAt: z.string().nullable(),
  /** What a p-value must be below for a winner: 0.05 shared among the arms. */
  errorShare: z.number(),
  /** Only its first requests were counted: there are too many. */
  cut: z.boolean(),
  /** The first is what the others are compared with. */
  arms: z.array(armReportSchema),
  verdict: z.object({
    /** An arm's name; null: there is none yet. */
    winner: z.string().nullable(),
    /** Further requests after which there may be one, if what is seen now stays so: a rough estimate; null: out of sight. */
    moreRequests: z.int().nullable(),
    /** In words. */
    says: z.string(),
  }),
});
export type ExperimentReport = z.infer<typeof experimentReportSchema>;

export const experimentsSchema = z.object({ experiments: z.array(experimentReportSchema) });
export type ExperimentsReport = z.infer<typeof experimentsSchema>;
