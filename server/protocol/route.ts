import * as z from "zod";
import { openAiMessageSchema } from "./openai.ts";
import { type Difficulty, type decisionSchema, type Task, tasks } from "./trace.ts";

/** One thing to be decided and not sent: a line of `switchyard route --jsonl`, an item of `POST /admin/route`. */
export const routeItemSchema = z.object({
  id: z.union([z.string(), z.number()], { error: "is missing: give each line a string or a number" }),
  prompt: z.string().optional(),
  messages: z.array(openAiMessageSchema).min(1).optional(),
  /** A word of ours as the client tells it; any other (data sets have their own) is recognised from the text instead. */
  task: z
    .unknown()
    .optional()
    .transform((said) => ((tasks as readonly unknown[]).includes(said) ? (said as Task) : null)),
  quality: z.number().min(0).max(1).nullish(),
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
}

/** What stands in the place of a line that can't be decided. */
export interface RouteFault {
  readonly id: string | number | null;
  readonly error: { readonly code: string; readonly message: string };
}
