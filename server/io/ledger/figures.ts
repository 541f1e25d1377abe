import { mainAttempt } from "../../domain/trace.ts";
import type { Arm, Route, Stage, Task, Trace } from "../../protocol/trace.ts";
import { earlyOf, packEarly } from "./early.ts";

/** What is counted and grouped of one trace: the columns of the ledger's row. */
export interface Figures {
  readonly at: number;
  readonly status: Trace["status"];
  readonly kind: Trace["kind"];
  readonly surface: Trace["surface"];
  readonly client: string;
  readonly workspace: string | null;
  readonly model: string | null;
  readonly provider: string | null;
  readonly route: Route | null;
  readonly task: Task | null;
  readonly stage: Stage | null;
  readonly cache: Trace["cache"];
  readonly ttft: number | null;
  readonly total: number | null;
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cost: number | null;
  readonly waste: number | null;
  readonly baseline: number | null;
  readonly saved: number | null;
  /** 0 or 1. */
  readonly estimated: number;
  /** What began early, packed (see early.ts); null of nearly all. */
  readonly early: string | null;
  /** What the person made of the answer, 0…1; null of nearly all. */
  readonly reward: number | null;
  /** `experiment/arm`, null outside of any. */
  readonly arm: string | null;
}

/** An arm as a column holds it; the names of experiments and arms have no slash. */
const armName = (arm: Arm | null): string | null => arm && `${arm.experiment}/${arm.arm}`;

export function armOf(name: string | null): Arm | null {
  if (name === null) return null;
  const [experiment = "", arm = ""] = name.split("/");
  return { experiment, arm };
}

/** In the order of `Figures`' keys in the table; what never changes stands first. */
export const fixedColumns = ["at", "kind", "surface", "client", "workspace"] as const;
export const changingColumns = [
  "status",
  "model",
  "provider",
  "route",
  "task",
  "stage",
  "cache",
  "ttft",
  "total",
  "input",
  "cached",
  "output",
  "reasoning",
  "cost",
  "waste",
  "baseline",
  "saved",
  "estimated",
  "early",
  "reward",
  "arm",
] as const;

export function figuresOf(trace: Trace, at: number): Figures {
  const attempt = mainAttempt(trace);
  const { decision, usage, cost } = trace;
  return {
    at,
    status: trace.status,
    kind: trace.kind,
    surface: trace.surface,
    client: trace.client,
    workspace: trace.workspace,
    model: attempt?.model ?? decision?.model ?? null,
    provider: attempt?.provider ?? null,
    route: decision?.route ?? null,
    task: decision?.task ?? null,
    stage: decision?.stage ?? null,
    cache: trace.cache,
    ttft: trace.ttftMs,
    total: trace.totalMs,
    input: usage?.input ?? 0,
    cached: usage?.cachedInput ?? 0,
    output: usage?.output ?? 0,
    reasoning: usage?.reasoning ?? 0,
    cost: cost.nanos,
    waste: cost.wasteNanos,
    baseline: cost.baselineNanos,
    saved: cost.savedNanos,
    estimated: cost.estimated ? 1 : 0,
    early: packEarly(earlyOf(trace)),
    reward: trace.feedback?.reward ?? null,
    arm: armName(trace.arm),
  };
}
