import * as z from "zod";
import { signals, tasks } from "./trace.ts";

/** What was learned of one model at one task. Shares of 0…1. */
export const learnedRowSchema = z.object({
  task: z.enum(tasks),
  model: z.string(),
  /** Answers that somebody did something with, and what they weigh together: the older one is, the less. */
  answers: z.int(),
  weight: z.number(),
  /** How good they were expected to be, and how good they were; means. */
  expected: z.number(),
  reward: z.number(),
  /** What is added to the expected quality of the next one, on average. */
  shift: z.number(),
});

export const learnedSchema = z.object({
  /** False: `learner.enabled` is off, and nothing of this is used. */
  enabled: z.boolean(),
  /** ISO 8601; null: never reset. */
  since: z.string().nullable(),
  rows: z.array(learnedRowSchema),
});
export type LearnedReport = z.infer<typeof learnedSchema>;

/** What a person did with the answer of a trace. */
export const feedbackRequestSchema = z.strictObject({ trace: z.string().min(1), signal: z.enum(signals) });
