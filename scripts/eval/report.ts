import type { Item } from "./data.ts";
import { calibrationError, type Metrics, measure, metricNames, type Ranking, rank } from "./metrics.ts";
import { drawsOf, type Interval, intervalOf } from "./resample.ts";

/** Scores by which a router gives items to the strong model, the highest first. */
export interface Router {
  readonly name: string;
  readonly scores: Float64Array;
  /** The scores claim to be probabilities that the strong model is needed. */
  readonly calibrated: boolean;
}

/** NaN where it isn't defined. */
export type Figures = Metrics & { readonly ece: number };
export const figureNames = [...metricNames, "ece"] as const satisfies readonly (keyof Figures)[];

/** A figure, its 95 % interval over resampled groups, and that of its difference to the baseline's in the same resamples. */
export interface Measured {
  readonly value: number;
  readonly interval: Interval;
  readonly difference: { readonly value: number; readonly interval: Interval } | null;
}
export type MeasuredFigures = Readonly<Record<keyof Figures, Measured>>;

/** `all`: pooled; `mean` and `weighted`: the mean over sources, each counted once or by its items; else one source's. */
export interface RouterReport {
  readonly name: string;
  readonly all: MeasuredFigures;
  readonly mean: MeasuredFigures;
  readonly weighted: MeasuredFigures;
  readonly sources: Readonly<Record<string, MeasuredFigures>>;
}

export interface Report {
  readonly items: number;
  readonly groups: number;
  readonly resamples: number;
  readonly baseline: string;
  readonly sources: readonly {
    readonly source: string;
    readonly items: number;
    readonly weak: number;
    readonly strong: number;
  }[];
  readonly routers: readonly RouterReport[];
}

/** Items of one source, or of all. */
interface Part {
  readonly name: string;
  readonly among: readonly number[];
}

export interface ReportOptions {
  readonly resamples: number;
  readonly seed: number;
  /** The router that the others are compared with. */
  readonly baseline: string;
}

export function reportOn(items: readonly Item[], routers: readonly Router[], o: ReportOptions): Report {
  const parts = partsOf(items);
  const draws = drawsOf(
    items.map((item) => item.group),
    o.resamples,
    o.seed,
  );
  const measured = new Map(routers.map((r) => [r.name, figuresOver(items, parts, r, draws.counts)]));
  const base = measured.get(o.baseline);
  const figures = (name: string, section: number): MeasuredFigures =>
    Object.fromEntries(
      figureNames.map((figure, i) => {
        const at = (f: Over | undefined): number[] => f?.resampled.map((row) => row[section]![i]!) ?? [];
        const own = measured.get(name)!;
        const value = own.whole[section]![i]!;
        const others = at(base);
        const difference = {
          value: value - (base === undefined ? Number.NaN : base.whole[section]![i]!),
          interval: intervalOf(at(own).map((v, j) => v - others[j]!)),
        };
        return [
          figure,
          { value, interval: intervalOf(at(own)), difference: base && name !== o.baseline ? difference : null },
        ];
      }),
    ) as unknown as MeasuredFigures;
  return {
    items: items.length,
    groups: draws.groups,
    resamples: o.resamples,
    baseline: o.baseline,
    sources: parts.slice(1).map(({ name, among }) => ({
      source: name,
      items: among.length,
      weak: mean(among.map((i) => items[i]!.weak)),
      strong: mean(among.map((i) => items[i]!.strong)),
    })),
    routers: routers.map(({ name }) => ({
      name,
      all: figures(name, 0),
      mean: figures(name, parts.length),
      weighted: figures(name, parts.length + 1),
      sources: Object.fromEntries(parts.slice(1).map((part, i) => [part.name, figures(name, i + 1)])),
    })),
  };
}

function partsOf(items: readonly Item[]): Part[] {
  const bySource = Map.groupBy(items.keys(), (i) => items[i]!.source);
  const sources = [...bySource].map(([name, among]) => ({ name, among })).sort((a, b) => (a.name < b.name ? -1 : 1));
  return [{ name: "all", among: [...items.keys()] }, ...sources];
}

/** A row of figures for each part, then for the two means over sources; of the whole, and of each resample. */
interface Over {
  readonly whole: readonly (readonly number[])[];
  readonly resampled: readonly (readonly (readonly number[])[])[];
}

function figuresOver(
  items: readonly Item[],
  parts: readonly Part[],
  router: Router,
  counts: readonly Uint16Array[],
): Over {
  const ranked = parts.map(({ among }) => ({ ranking: rank(router.scores, among), among }));
  const own = ranked.map(({ among }) => among.map((i) => items[i]!));
  const scores = ranked.map(({ among }) => Float64Array.from(among, (i) => router.scores[i]!));
  const rows = (times: Uint16Array | null): number[][] => {
    const each = ranked.map(({ ranking, among }, part) => {
      const ece = router.calibrated
        ? calibrationError(own[part]!, scores[part]!, times && Uint16Array.from(among, (i) => times[i]!))
        : Number.NaN;
      return rowOf(items, ranking, times, ece);
    });
    const weights = ranked.map(({ among }) => among.reduce((sum, i) => sum + (times === null ? 1 : times[i]!), 0));
    const means = [weights.map(() => 1), weights].map((w) =>
      figureNames.map((_, figure) =>
        meanOver(
          each.slice(1).map((row) => row[figure]!),
          w.slice(1),
        ),
      ),
    );
    return [...each, ...means];
  };
  return { whole: rows(null), resampled: counts.map((times) => rows(times)) };
}

function rowOf(items: readonly Item[], ranking: Ranking, times: Uint16Array | null, ece: number): number[] {
  const metrics = measure(items, ranking, times);
  return [...metricNames.map((name) => metrics[name]), ece];
}

/** Over the sources for which the figure is defined. */
function meanOver(values: readonly number[], weights: readonly number[]): number {
  let sum = 0;
  let all = 0;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    sum += value * weights[i]!;
    all += weights[i]!;
  }
  return all === 0 ? Number.NaN : sum / all;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
