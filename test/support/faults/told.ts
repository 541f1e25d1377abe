import type { Trace, TraceAttempt } from "../../../server/protocol/trace.ts";
import type { Heard } from "./heard.ts";
import { type CallMade, type ProviderName, providers, timeouts } from "./scene.ts";
import type { Asked } from "./traffic.ts";

export interface Case {
  readonly asked: Asked;
  readonly heard: Heard;
  /** Whose answer came through, wholly or in part. */
  readonly by: CallMade | null;
  /** What the upstreams saw of it, in their order. */
  readonly calls: readonly CallMade[];
  /** Some attempts may have been begun for nothing. */
  readonly early: boolean;
}

/** Clocks are good to a microsecond, and sums of them to a few. */
const slack = 0.01;

/** What a trace says that can't be, or isn't what its client and the upstreams saw. */
export function untrue(trace: Trace, { asked, heard, by, calls, early }: Case): string[] {
  const found: string[] = [];
  const holds = (what: string, it: boolean): void => {
    if (!it) found.push(what);
  };
  const { status, error, cost } = trace;
  const attempts = trace.attempts.filter((a) => a.role !== "judge");
  const served = attempts.filter((a) => a.outcome === "served");
  const ok = heard.as === "whole";
  const code = heard.as === "refused" || heard.as === "broken-off" ? heard.code : null;

  holds(`its status is ${status}, and its client's answer was ${heard.as}`, status === (ok ? "ok" : "error"));
  holds(`its error is ${error?.code}, its client's ${code}`, (error?.code ?? null) === code);
  holds(`${served.length} attempts were served`, served.length === (ok ? 1 : 0));
  if (ok) holds(`${served[0]?.model} was served, and ${by?.provider} answered`, served[0]?.model === by?.provider);
  if (by && heard.as !== "hung" && heard.as !== "nonsense")
    holds("another model stands in the header", heard.head.model === by.provider);
  holds("it is decided for another model than the header says", decidedAs(trace, heard));
  for (const a of attempts) {
    holds(`an attempt ended as ${a.outcome}`, ends.has(a.outcome) || (early && a.outcome === "discarded"));
    holds("an attempt has an error or should have one", (a.error !== null) === (a.outcome === "failed"));
  }
  holds(
    "it has a first token, and its client no text, or the other way round",
    (trace.ttftMs !== null) === (by !== null),
  );

  const asAttempted = attempts.map((a) => a.provider);
  const missing = calls.filter((c) => {
    const at = asAttempted.indexOf(c.provider);
    if (at >= 0) asAttempted.splice(at, 1);
    return at < 0;
  });
  holds(`${missing.length} calls of an upstream are no attempts of it`, missing.length === 0);
  if (
    heard.as === "refused" &&
    asked.model.startsWith("switchyard/") &&
    (trace.totalMs ?? 0) < timeouts.totalMs - 10 &&
    !early
  )
    for (const p of providers)
      holds(
        `it was refused, and ${p} was never asked`,
        attempts.some((a) => a.provider === p),
      );

  if (ok && by) holds("the usage isn't what the provider told", usageHolds(trace, by));
  const nanos = trace.attempts.map((a) => a.costNanos);
  holds(
    "a cost is negative",
    nanos.every((n) => n === null || n >= 0),
  );
  holds(`it cost ${cost.nanos}, its attempts ${nanos}`, cost.nanos === sum(trace.attempts));
  const waste = sum(trace.attempts.filter((a) => a.outcome === "discarded"));
  holds(`it wasted ${cost.wasteNanos}, its attempts ${waste}`, cost.wasteNanos === waste);
  holds("it saved something by failing", ok || cost.savedNanos === null);
  if (served[0] && by) holds("the served attempt has another price", priceHolds(served[0], by));

  const total = trace.totalMs ?? -1;
  const inside = (from: number, to: number): boolean => from >= 0 && to >= from - slack && to <= total + slack;
  for (const a of attempts)
    holds(`an attempt's times are ${a.startMs}, ${a.firstTokenMs}, ${a.endMs} of ${total}`, timesHold(a, inside));
  for (const s of trace.spans)
    holds(
      `the span ${s.name} is from ${s.startMs}, ${s.durationMs} long, of ${total}`,
      inside(s.startMs, s.startMs + s.durationMs) && (s.attempt === null || s.attempt < trace.attempts.length),
    );
  for (const name of ["admit", "decide"])
    holds(`not one span ${name}`, trace.spans.filter((s) => s.name === name).length === 1);
  return found;
}

const ends: ReadonlySet<string | null> = new Set(["served", "failed"]);

const sum = (attempts: readonly TraceAttempt[]): number | null =>
  attempts.reduce<number | null>((n, { costNanos }) => (n === null || costNanos === null ? null : n + costNanos), 0);

const decidedAs = ({ decision }: Trace, heard: Heard): boolean =>
  heard.as === "hung" || heard.as === "nonsense" || decision?.model === heard.head.model;

function timesHold(a: TraceAttempt, inside: (from: number, to: number) => boolean): boolean {
  if (a.endMs === null || !inside(a.startMs, a.endMs)) return false;
  return a.firstTokenMs === null || (inside(a.startMs, a.firstTokenMs) && a.firstTokenMs <= a.endMs + slack);
}

const usageHolds = ({ usage }: Trace, { output }: CallMade): boolean =>
  output === null ? usage?.source === "estimate" : usage?.source === "provider" && usage.output === output;

/** Nano-dollars a token, of what isn't cached, is, and is put out. */
const prices: Readonly<Record<ProviderName, readonly [number, number, number] | null>> = {
  a: [0, 0, 0],
  b: null,
  c: [3_000, 300, 15_000],
};

function priceHolds({ costNanos }: TraceAttempt, { provider, output }: CallMade): boolean {
  const price = prices[provider];
  if (price === null) return costNanos === null;
  return output === null ? costNanos !== null : costNanos === 15 * price[0] + 5 * price[1] + output * price[2];
}
