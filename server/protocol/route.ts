import * as z from "zod";
import { openAiMessageSchema } from "./openai.ts";
import { presetNames, qualityOf } from "./strategy.ts";
import { type Difficulty, type decisionSchema, type Task, tasks } from "./trace.ts";

/** One thing to be decided and not sent: a line of `switchyard route --jsonl`, an item of `POST /admin/route`. */
export const routeItemSchema = z.object({
  id: z.union([z.string(), z.number()], { error: "is missing: give each line a string or a number" }),
  /** Null as absent, as in the columns of a data set that has both. */
  prompt: z.string({ error: "must be a text" }).nullish(),
  messages: z.array(openAiMessageSchema, { error: "must be a list of messages" }).min(1, "has no message").nullish(),
  /** A word of ours as the client tells it; any other (data sets have their own) is recognised from the text instead. */
  task: z
    .unknown()
    .optional()
    .transform((said) => ((tasks as readonly unknown[]).includes(said) ? (said as Task) : null)),
  quality: z
    .union([z.number(), z.string()])
    .transform((said) => qualityOf(String(said)))
    .refine((quality) => quality !== null, `must be a number from 0 to 1, or one of ${presetNames.join(", ")}`)
    .nullish(),
  /** As in a request: `switchyard/auto` where it isn't said. */
  model: z.string().min(1).max(512).nullish(),
  /** Whether it comes with tools, or the tools. */
  tools: z.union([z.boolean(), z.array(z.unknown())]).nullish(),
});
export type RouteItem = z.infer<typeof routeItemSchema>;

/** What would be decided. */
export interface RouteLine {
  readonly id: string | number;
  readonly route: z.infer<typeof decisionSchema>["route"];
  /** Null: no model is configured, and the built-in pair decided. */
  readonly model: string | null;
  readonly tier: string;
  readonly difficulty: Difficulty;
  readonly task: Task;
  readonly score: number;
  readonly confidence: number;
  readonly reason: string;
  readonly stage: z.infer<typeof decisionSchema>["stage"];
  /** What reading and deciding took, in microseconds. */
  readonly us: number;
  /** Where it was asked for. */
  readonly explanation?: Explanation;
}

/** What the policy makes of one model. */
export interface ExplainedModel {
  readonly model: string;
  readonly tier: string;
  /** Why it can't answer; null: it can. */
  readonly whyNot: string | null;
  /** Where it stands between the primary (0) and the escalation (1). */
  readonly standing: number;
  /** Expected quality, 0…1, and what was learned of it, as this request draws it. */
  readonly expected: number;
  readonly learned: number;
  /** Expected US dollars; `assumed`: by the prices usual in its tier, since its own aren't known. */
  readonly usd: number;
  readonly assumed: boolean;
  /** The part of `usd` that leaving the conversation's last model costs. */
  readonly switchUsd: number;
  /** Expected seconds to the first token. */
  readonly seconds: number;
  /** expected + learned − lambda · usd − mu · seconds. */
  readonly value: number;
  /** The policy would choose it among those that can. */
  readonly best: boolean;
  readonly chosen: boolean;
}

/** The table behind one decision. */
export interface Explanation {
  readonly task: Task;
  /** The classifier's: that a weak and a strong model answer well, that the strong one is needed, and how strange the words are to it; 0…1. */
  readonly weak: number;
  readonly strong: number;
  readonly needed: number;
  readonly novelty: number;
  /** `needed`, and what was learned of both models. */
  readonly score: number;
  /** The strategy, and the quality that it goes by, 0…1. */
  readonly strategy: string;
  readonly quality: number;
  readonly band: { readonly low: number; readonly high: number };
  /** What a dollar and what a second weigh against quality. */
  readonly lambda: number;
  readonly mu: number;
  readonly models: readonly ExplainedModel[];
}

/** What stands in the place of a line that can't be decided. */
export interface RouteFault {
  readonly id: string | number | null;
  readonly error: { readonly code: string; readonly message: string };
  readonly explanation?: Explanation;
}
