import * as z from "zod";
import { type StrategyName, strategyNames } from "./strategy.ts";

const share = z.number().min(0).max(1);

/** What keeps its arm, and what an experiment compares. */
export const unitNames = ["client", "session", "request"] as const;
export const metricNames = ["reward", "cost", "latency"] as const;

const plainName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, "letters, digits, - and _, at most 40");

/** What an arm is called where nothing is said: as its strategy. */
export const nameOfArm = (arm: { readonly name?: string | undefined; readonly strategy: StrategyName }): string =>
  arm.name ?? arm.strategy;

/** By which an arm is found in the ledger, and known to be stopped: `experiment/arm`. */
export const keyOfArm = (
  experiment: { readonly name: string },
  arm: { readonly name?: string | undefined; readonly strategy: StrategyName },
): string => `${experiment.name}/${nameOfArm(arm)}`;

const armSchema = z.strictObject({
  name: plainName.optional().describe("Absent: the strategy's."),
  strategy: z.enum(strategyNames),
  share: share
    .optional()
    .describe("Its share of the traffic. The first arm has what the others leave, and needs none."),
});

const experimentShape = z.strictObject({
  name: plainName.describe(
    "Names its requests in the ledger: another experiment, or another strategy of an arm, needs another name.",
  ),
  enabled: z.boolean().default(true),
  arms: z.array(armSchema).min(2).max(8).describe("The first is what the others are compared with."),
  unit: z
    .enum(unitNames)
    .default("client")
    .describe("What keeps its arm: all requests of a client, of a conversation, or none."),
  startsAt: z.iso
    .datetime({ offset: true, error: "must be a time with its zone, as in 2026-11-21T10:00:00Z" })
    .optional()
    .describe("When it begins. Absent: it has begun."),
  rampDays: z
    .number()
    .nonnegative()
    .max(365)
    .default(0)
    .describe("Days from `startsAt` in which the other arms' shares grow from a tenth to the whole."),
  metric: z
    .enum(metricNames)
    .default("reward")
    .describe(
      "What is to be better: what you made of the answers, dollars a request, or milliseconds to the first token.",
    ),
  guardrails: z
    .strictObject({
      errorShare: share.default(0.05).describe("More errors than the first arm's by this share stop an arm."),
      costRatio: z
        .number()
        .positive()
        .default(3)
        .describe("A request that costs more than so many times the first arm's."),
      latencyRatio: z.number().positive().default(3).describe("The same of the time to the first token."),
    })
    .prefault({})
    .describe("What stops an arm: its traffic then goes to the first."),
});

/** Shares are compared with 1 in whole millionths: 0.7 + 0.2 + 0.1 is no more than 1. */
const millionths = (n: number): number => Math.round(n * 1e6);

export const experimentSchema = experimentShape.superRefine(({ arms }, context) => {
  const flaw = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: "custom", path: ["arms", ...path], message });
  arms.forEach((arm, i) => {
    const name = nameOfArm(arm);
    const same = arms.findIndex((other) => nameOfArm(other) === name);
    if (same < i) flaw([i], `an arm is called "${name}" already: give this one a name of its own`);
    if (i > 0 && !arm.share) flaw([i], `the arm "${name}" needs a share above 0: only the first has what is left`);
  });
  const together = arms.reduce((sum, arm) => sum + millionths(arm.share ?? 0), 0);
  if (together > 1e6) flaw([], "the shares of the arms are more than 1 together");
});

export const experimentListSchema = z
  .array(experimentSchema)
  .max(16)
  .superRefine((list, context) => {
    list.forEach(({ name }, i) => {
      if (list.findIndex((e) => e.name === name) < i)
        context.addIssue({ code: "custom", path: [i, "name"], message: `another experiment is called "${name}"` });
    });
  })
  .default([])
  .describe("Strategies compared on real requests. One runs at a time: the first in the list that has begun.");

export type ExperimentConfig = z.infer<typeof experimentSchema>;
