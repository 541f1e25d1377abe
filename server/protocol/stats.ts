import * as z from "zod";

/** How requests can be grouped in statistics. */
export const groupings = [
  "model",
  "provider",
  "route",
  "task",
  "stage",
  "kind",
  "surface",
  "client",
  "workspace",
  "status",
  "cache",
  "arm",
  "day",
] as const;
export type Grouping = (typeof groupings)[number];

/** Milliseconds; null where there was nothing to measure. */
const percentilesSchema = z.object({ p50: z.number().nullable(), p95: z.number().nullable() });

/** Sums over a set of requests. Money is in integer nano-dollars. */
export const statsRowSchema = z.object({
  key: z.string(),
  requests: z.int(),
  ok: z.int(),
  error: z.int(),
  cancelled: z.int(),
  interrupted: z.int(),
  running: z.int(),
  ttftMs: percentilesSchema,
  totalMs: percentilesSchema,
  input: z.int(),
  cachedInput: z.int(),
  output: z.int(),
  reasoning: z.int(),
  /** The sum of the known costs. */
  costNanos: z.int(),
  wasteNanos: z.int(),
  baselineNanos: z.int(),
  savedNanos: z.int(),
  /** Requests whose cost is unknown because a price is; they are in no sum of money. */
  unknownCost: z.int(),
  /** Requests whose cost is, in part, an estimate. */
  estimated: z.int(),
  /** Requests with an attempt that began before the verdict, what such attempts cost for nothing, and the milliseconds that they saved (estimated). */
  speculated: z.int(),
  speculationWasteNanos: z.int(),
  speculationSavedMs: z.number(),
  /** What such attempts cost in all, those that were wanted included. */
  speculationNanos: z.int(),
  /** The same of second attempts at late answers. */
  hedged: z.int(),
  hedgeWasteNanos: z.int(),
  hedgeSavedMs: z.number(),
  /** Requests answered from memory, and what asking again would have cost and taken (estimated). */
  recalled: z.int(),
  recalledSavedNanos: z.int(),
  recalledSavedMs: z.number(),
});
export type StatsRow = z.infer<typeof statsRowSchema>;

export const statsSchema = z.object({
  from: z.string().nullable(),
  to: z.string().nullable(),
  by: z.enum(groupings),
  total: statsRowSchema,
  rows: z.array(statsRowSchema),
});
export type Stats = z.infer<typeof statsSchema>;

/** Today's money, in the machine's time zone. */
export const meterSchema = z.object({
  day: z.string(),
  requests: z.int(),
  running: z.int(),
  spentNanos: z.int(),
  savedNanos: z.int(),
  unknownCost: z.int(),
  estimated: z.boolean(),
  /** Requests answered from memory, and what asking again would have cost (an estimate). */
  recalled: z.int(),
  recalledSavedNanos: z.int(),
});
export type Meter = z.infer<typeof meterSchema>;
