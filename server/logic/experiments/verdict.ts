import type { ExperimentConfig } from "../../protocol/experiment-config.ts";
import type { ArmReport, ExperimentReport } from "../../protocol/experiments.ts";
import type { Moments } from "./moments.ts";
import { enough, least, type Test, timesMore } from "./sequential.ts";

type Verdict = ExperimentReport["verdict"];
interface Rival {
  readonly arm: ArmReport;
  readonly test: Test | null;
  readonly moments: Moments;
}

/** Which way is better. */
const good = { reward: 1, cost: -1, latency: -1 } as const;
const inWords = { reward: "better rewarded", cost: "cheaper", latency: "sooner with the first token" } as const;

/** Names a winner only where the interval says so and no guardrail was hit; else what is missing. */
export function verdictOf(
  { metric, unit }: ExperimentConfig,
  state: ExperimentReport["state"],
  arms: readonly ArmReport[],
  tests: readonly (Test | null)[],
  moments: readonly Moments[],
  error: number,
): Verdict {
  const first = arms[0]!;
  const rivals = arms.slice(1).map((arm, i): Rival => ({ arm, test: tests[i + 1]!, moments: moments[i + 1]! }));
  const alive = rivals.filter((r) => r.arm.stopped === null);
  const gain = (r: Rival): number => (r.test ? r.test.difference * good[metric] : Number.NEGATIVE_INFINITY);
  const sure = (r: Rival): boolean => r.test !== null && r.test.p <= error;
  const best = alive.filter((r) => sure(r) && gain(r) > 0).sort((a, b) => gain(b) - gain(a))[0];
  if (best) return won(best.arm.name, `${best.arm.name} wins: ${inWords[metric]} than ${first.name}.`);
  if (alive.length === 0)
    return won(first.name, `${first.name} wins: ${all(rivals)} ran into a guardrail and ${is(rivals)} stopped.`);
  if (alive.every((r) => sure(r) && gain(r) < 0))
    return won(first.name, `${first.name} wins: ${inWords[metric]} than ${all(alive)}.`);
  return { winner: null, ...missing(metric, unit, state, first, moments[0]!, alive, gain, error) };
}

const won = (winner: string, says: string): Verdict => ({ winner, moreRequests: null, says });
const all = (rivals: readonly Rival[]): string => rivals.map((r) => r.arm.name).join(" and ");
const is = (rivals: readonly Rival[]): string => (rivals.length === 1 ? "is" : "are");

function missing(
  metric: ExperimentConfig["metric"],
  unit: ExperimentConfig["unit"],
  state: ExperimentReport["state"],
  first: ArmReport,
  own: Moments,
  alive: readonly Rival[],
  gain: (r: Rival) => number,
  error: number,
): Omit<Verdict, "winner"> {
  const none = (says: string, moreRequests: number | null = null) => ({ moreRequests, says: `No winner yet: ${says}` });
  if (state === "planned") return none("it has not begun.");
  const measured = { reward: "rewards", cost: "known costs", latency: "first tokens" }[metric];
  const few = [{ name: first.name, m: own }, ...alive.map((r) => ({ name: r.arm.name, m: r.moments }))].filter(
    ({ m }) => !enough(m),
  );
  if (few.length > 0 && alive.every((r) => r.test === null)) {
    const each = few.map(({ name, m }) => `${name} has ${m.n} of ${m.units} ${units(unit, m.units)}`);
    const more = unit === "client" ? ' With few clients, "unit": "session" gives each conversation its arm.' : "";
    return none(
      `an arm needs ${least.values} ${measured} of ${least.units} ${units(unit, least.units)}; ${each.join(", ")}.${more}`,
    );
  }
  const hope = [...alive].sort((a, b) => gain(b) - gain(a))[0]!;
  const times = hope.test && timesMore(hope.test, error);
  if (times === null) return none(`${first.name} and ${hope.arm.name} can't be told apart so far.`);
  const so = hope.arm.requests + first.requests;
  const more = round2(Math.max(1, (times - 1) * so));
  return none(
    `the difference may still go either way. About ${more} more requests may settle it if it stays as it is (a rough estimate).`,
    more,
  );
}

const units = (unit: ExperimentConfig["unit"], n: number): string => (n === 1 ? unit : `${unit}s`);
/** To two digits: it is no more exact than that. */
const round2 = (n: number): number => Number(Math.ceil(n).toPrecision(2));
