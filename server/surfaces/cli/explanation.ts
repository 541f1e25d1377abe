import { dollars, two } from "../../logic/routing/numbers.ts";
import type { ExplainedModel, Explanation } from "../../protocol/route.ts";

/** The table behind a decision, for a terminal. */
export function printExplanation(e: Explanation): string {
  const learned = e.score === e.needed ? "" : `, ${two(e.score)} by what you did with answers`;
  return [
    `task        ${e.task}`,
    `classifier  weak right ${two(e.weak)}, strong right ${two(e.strong)}, strong needed ${two(e.needed)}${learned}; novelty ${two(e.novelty)}`,
    `quality     ${two(e.quality)} (strategy ${e.strategy}): band ${two(e.band.low)}..${two(e.band.high)}; a dollar weighs ${Number(e.lambda.toPrecision(3))}, a second ${e.mu}`,
    "",
    ...table(e.models),
    ...(e.models.some((m) => m.assumed) ? ["", "~ its prices aren't known: those usual in its tier are assumed"] : []),
  ].join("\n");
}

const head = ["", "model", "tier", "quality", "learned", "cost", "switch", "seconds", "value", "qualifies"];
const toTheLeft = new Set([0, 1, 2, head.length - 1]);

function table(models: readonly ExplainedModel[]): string[] {
  const rows = [head, ...models.map(cells)];
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (toTheLeft.has(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}

const cells = (m: ExplainedModel): string[] => [
  m.chosen ? "→" : m.best ? "·" : "",
  m.model,
  m.tier,
  two(m.expected),
  `${m.learned < 0 ? "" : "+"}${two(m.learned)}`,
  `${m.assumed ? "~" : ""}${dollars(m.usd)}`,
  dollars(m.switchUsd),
  two(m.seconds),
  m.value.toFixed(3),
  m.whyNot === null ? `yes${m.best ? ", the policy's best" : ""}` : `no: ${m.whyNot}`,
];
