import type { Trace } from "../../server/protocol/trace.ts";
import { duration } from "../kit/format.ts";
import { percentile } from "../kit/percentile.ts";
import { whence } from "./memory.ts";

export type StatusFilter = "all" | Trace["status"];

/** The newest traces, newest first, each once and as it is now. */
export class TraceList {
  readonly #limit: number;
  #traces: Trace[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get all(): readonly Trace[] {
    return this.#traces;
  }

  reset(traces: readonly Trace[]): void {
    this.#traces = [];
    this.change(traces);
  }

  change(traces: readonly Trace[]): void {
    const byId = new Map(this.#traces.map((t) => [t.id, t]));
    for (const t of traces) byId.set(t.id, t);
    this.#traces = [...byId.values()]
      .sort((a, b) => b.startedAt.localeCompare(a.startedAt) || b.id.localeCompare(a.id))
      .slice(0, this.#limit);
  }
}

/** Those that have every word of `text` somewhere a person would look for it. */
export function filter(traces: readonly Trace[], text: string, status: StatusFilter): readonly Trace[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  return traces.filter((t) => {
    if (status !== "all" && t.status !== status) return false;
    if (wanted.length === 0) return true;
    const hay = [
      t.id,
      t.surface,
      t.wire,
      t.kind,
      t.status,
      t.client,
      t.workspace,
      t.privacy.rule,
      t.recalled && [whence(t), t.cache, t.recalled.trace],
      t.error?.code,
      t.error?.message,
      t.decision && [t.decision.model, t.decision.route, t.decision.task, t.decision.stage, t.decision.reason],
      t.attempts.map((a) => a && [a.model, a.provider, a.role, a.error?.code, a.error?.message]),
    ]
      .flat(2)
      .join("\n")
      .toLowerCase();
    return wanted.every((w) => hay.includes(w));
  });
}

/** Whose details are shown: the chosen one while it is listed, else the newest that is; null: none is listed. */
export const shownOf = (listed: readonly Trace[], chosen: string | null): Trace | null =>
  listed.find((t) => t.id === chosen) ?? listed[0] ?? null;

/** What a request took. One whose daemon was killed has no total, and doesn't run any more. */
export const totalOf = (t: Trace): string => (t.status === "running" ? "running" : duration(t.totalMs));

export interface ModelTimes {
  readonly model: string;
  readonly requests: number;
  readonly ttft: { readonly p50: number | null; readonly p95: number | null };
  readonly total: { readonly p50: number | null; readonly p95: number | null };
}

/**
 * Times of what ended well, by the model that answered; what was there already stands by itself, and all together last,
 * when there is more than one.
 */
export function timesByModel(traces: readonly Trace[]): ModelTimes[] {
  const ended = traces.filter((t) => t.status === "ok");
  const groups = new Map<string, Trace[]>();
  for (const t of ended) {
    const model = whence(t) ?? answeredBy(t) ?? "none";
    const group = groups.get(model);
    if (group) group.push(t);
    else groups.set(model, [t]);
  }
  const times = (model: string, of: readonly Trace[]): ModelTimes => {
    const ttft = of.flatMap((t) => t.ttftMs ?? []);
    const total = of.flatMap((t) => t.totalMs ?? []);
    return {
      model,
      requests: of.length,
      ttft: { p50: percentile(ttft, 0.5), p95: percentile(ttft, 0.95) },
      total: { p50: percentile(total, 0.5), p95: percentile(total, 0.95) },
    };
  };
  const rows = [...groups].map(([model, of]) => times(model, of)).sort((a, b) => b.requests - a.requests);
  return rows.length > 1 ? [...rows, times("all", ended)] : rows;
}

/** The model whose answer was passed on; before there is one, the model that was chosen. */
export function answeredBy(t: Trace): string | null {
  // A judge and a search are asked for us, not for the client.
  const answers = t.attempts.filter((a) => a && a.role !== "judge" && a.role !== "enrich");
  return (
    answers.find((a) => a.outcome === "served")?.model ??
    answers.findLast((a) => a.firstTokenMs !== null && a.outcome !== "discarded")?.model ??
    t.decision?.model ??
    null
  );
}
