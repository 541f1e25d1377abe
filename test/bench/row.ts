/** One figure beside what it is measured against; the list of them is what `--json` writes. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline: { readonly name: string; readonly value: number } | null;
  /** `value` over the baseline's. */
  readonly ratio: number | null;
  readonly rounds: number;
  /** The distance between the quartiles over the rounds, as a share of the median. */
  readonly spread: number;
  /** What was aimed at, where something was; `met` says whether it was reached. */
  readonly aim?: string;
  readonly met?: boolean;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  /** Takes minutes: run only where it is named. */
  readonly byName?: true;
  run(): Promise<Row[]>;
}

export interface Aim {
  /** Bounds on the value or, with `of: "ratio"`, on the ratio. */
  readonly of: "value" | "ratio";
  readonly atMost?: number;
  readonly atLeast?: number;
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** The value below which the share `q` of them lies, interpolated. */
export function quantile(values: readonly number[], q: number): number {
  const s = sorted(values);
  const at = (s.length - 1) * q;
  const low = s[Math.floor(at)]!;
  return low + (s[Math.ceil(at)]! - low) * (at - Math.floor(at));
}
export const median = (values: readonly number[]): number => quantile(values, 0.5);

const round = (n: number): number => Number(n.toPrecision(4));

/** A row from the values of each round; the baseline's were taken in the same rounds. */
export function row(
  name: string,
  unit: string,
  values: readonly number[],
  baseline: { readonly name: string; readonly values: readonly number[] } | null = null,
  aim?: Aim,
): Row {
  const value = median(values);
  const base = baseline ? median(baseline.values) : null;
  const ratio = base === null ? null : value / base;
  const spread = value === 0 ? 0 : Math.abs((quantile(values, 0.75) - quantile(values, 0.25)) / value);
  return {
    name,
    value: round(value),
    unit,
    baseline: baseline && base !== null ? { name: baseline.name, value: round(base) } : null,
    ratio: ratio === null ? null : round(ratio),
    rounds: values.length,
    spread: round(spread),
    ...(aim ? judged(aim, aim.of === "value" ? value : (ratio ?? Number.NaN)) : {}),
  };
}

function judged(aim: Aim, figure: number): Pick<Row, "aim" | "met"> {
  const [sign, bound] = aim.atMost === undefined ? ["≥", aim.atLeast ?? 0] : ["≤", aim.atMost];
  const met = sign === "≤" ? figure <= bound : figure >= bound;
  return { aim: `${aim.of} ${sign} ${bound}`, met };
}

/** Runs each contender once a round, in an order that turns, so that what the machine does meanwhile meets all alike. */
export async function inRounds<K extends string, R>(
  rounds: number,
  contenders: Readonly<Record<K, () => Promise<R>>>,
): Promise<Record<K, R[]>> {
  const names = Object.keys(contenders) as K[];
  const results = Object.fromEntries(names.map((n) => [n, [] as R[]])) as Record<K, R[]>;
  for (let i = 0; i < rounds; i++) {
    for (let j = 0; j < names.length; j++) {
      const name = names[(i + j) % names.length]!;
      results[name].push(await contenders[name]());
    }
  }
  return results;
}
