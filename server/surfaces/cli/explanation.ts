import { dollars, two } from "../../logic/routing/numbers.ts";
import type { ExplainedModel, Explanation } from "../../protocol/route.ts";
import { columns } from "./columns.ts";

/** The table behind a decision, for a terminal. */
export function printExplanation(e: Explanation): string {
  const learned = e.score === e.needed ? "" : `, ${two(e.score)} by what you did with answers`;
  return [
    `task        ${e.task}`,
    `classifier  weak right ${two(e.weak)}, strong right ${two(e.strong)}, strong needed ${two(e.needed)}${learned}; novelty ${two(e.novelty)}`,
    `quality     ${two(e.quality)} (strategy ${e.strategy}): band ${two(e.band.low)}..${two(e.band.high)}; a dollar weighs ${Number(e.lambda.toPrecision(3))}, a second ${e.mu}`,
    "",
    ...columns([head, ...e.models.map(cells)], left),
    ...(e.models.some((m) => m.assumed) ? ["", "~ its prices aren't known: those usual in its tier are assumed"] : []),
  ].join("\n");
}

const head = ["", "model", "tier", "quality", "learned", "cost", "switch", "seconds", "value", "qualifies"];
const left = [1, 2, head.length - 1];

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
