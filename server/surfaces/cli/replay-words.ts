import type { Compared, ReplayReport, ReplayRow } from "../../protocol/replay.ts";
import { columns } from "./columns.ts";

/** A replay's report for a person, line by line; `ask` names the files. */
export function replayInWords(
  r: ReplayReport,
  ask: { readonly policy: string; readonly prices: string | null },
): string[] {
  const { traces: t, total } = r;
  const prices = ask.prices === null ? "" : `, at the prices of ${ask.prices}`;
  return [
    `${count(t.replayed, "request")} from ${r.from} to ${r.to},`,
    `decided by the configuration in force (now) and by ${ask.policy} (policy)${prices}`,
    "",
    ...columns([["", "now", "policy", "difference", "95 % interval", ""], ...figures(total)]),
    "",
    total.changed === 0
      ? "No request changes its model."
      : `${number(total.changed)} of ${count(total.requests, "request")} (${share(total.changed, total.requests)}) change their model:`,
    ...columns(
      r.changes.map((c) => ["", number(c.requests), `${c.now} → ${c.policy}`]),
      [2],
    ),
    "",
    ...columns(modelsOf(r)),
    ...(r.by === null ? [] : ["", ...columns(groupsOf(r.by, r.groups))]),
    "",
    ...notes(r),
  ];
}

function figures({ cost, latencyMs, quality }: ReplayRow): string[][] {
  const rows: string[][] = [];
  if (cost) {
    rows.push(line("cost a request", cost.each, usd(cost.each), "relative"));
    rows.push(line("cost in all", cost.total, usd(cost.total)));
  }
  if (latencyMs) {
    rows.push(line("first token, median", latencyMs.p50, ms));
    rows.push(line("first token, mean", latencyMs.mean, ms));
  }
  if (quality) rows.push(line("expected quality", quality, (n) => n.toFixed(4)));
  return rows;
}

type Show = (n: number) => string;

function line(name: string, c: Compared, show: Show, relative?: "relative"): string[] {
  const part = relative && c.now > 0 ? `${signed(c.difference, (n) => `${((n / c.now) * 100).toFixed(1)} %`)}` : "";
  return [name, show(c.now), show(c.policy), signed(c.difference, show), between(c, show), part];
}

const between = (c: Compared, show: Show): string => `${signed(c.low, show)} .. ${signed(c.high, show)}`;

/** What rounds to nothing has no sign. */
function signed(n: number, show: Show): string {
  const shown = show(Math.abs(n));
  return /[1-9]/.test(shown) ? `${n < 0 ? "−" : "+"}${shown}` : shown;
}

const ms: Show = (n) => `${n.toFixed(0)} ms`;

/** Nano-dollars, with as many places as the larger of the two needs. */
function usd(c: Compared): Show {
  const most = Math.max(Math.abs(c.now), Math.abs(c.policy)) / 1e9;
  const places = most >= 1 ? 2 : most >= 0.01 ? 4 : 6;
  return (n) => `$${(n / 1e9).toFixed(places)}`;
}

function modelsOf(r: ReplayReport): string[][] {
  const n = r.traces.replayed;
  return [
    ["model", "then", "now", "policy", "stands at", "first token"],
    ...r.models.map((m) => [
      m.model,
      share(m.recorded, n),
      share(m.now, n),
      share(m.policy, n),
      m.standing === null ? "" : m.standing.toFixed(2),
      m.p50Ms === null ? "" : `${ms(m.p50Ms)}${m.measured ? "" : " assumed"}`,
    ]),
  ];
}

const groupsOf = (by: string, groups: readonly ReplayRow[]): string[][] => [
  [
    by,
    "requests",
    "changed",
    "cost a request",
    "95 % interval",
    "first token",
    "95 % interval",
    "quality",
    "95 % interval",
  ],
  ...groups.map((g) => [
    g.key,
    number(g.requests),
    share(g.changed, g.requests),
    ...difference(g.cost?.each ?? null, g.cost ? usd(g.cost.each) : ms),
    ...difference(g.latencyMs?.mean ?? null, ms),
    ...difference(g.quality, (n) => n.toFixed(4)),
  ]),
];

const difference = (c: Compared | null, show: Show): string[] =>
  c === null ? ["unknown", ""] : [signed(c.difference, show), between(c, show)];

/** What the figures are made of, and what they leave out. */
function notes({ traces: t, total, models, money }: ReplayReport): string[] {
  const unmeasured = models.filter((m) => m.p50Ms !== null && !m.measured && m.now + m.policy > 0);
  const doubtful = Math.max(t.undecided.now, t.undecided.policy);
  const said: (string | null)[] = [
    `The configuration in force chooses the model that answered then for ${share(t.asRecorded, t.replayed)} of them.`,
    total.cost === null
      ? null
      : `Money is an estimate over ${count(total.priced, "request")}: recorded tokens at each model's prices, one attempt each. How long another model's answer would be isn't known.`,
    total.cost === null || money.recordedNanos === null
      ? null
      : `With all attempts, these cost ${usd({ ...total.cost.total, now: money.recordedNanos })(money.recordedNanos)} then.`,
    money.estimatedUsage === 0
      ? null
      : `${number(money.estimatedUsage)} of them have a usage that was itself estimated.`,
    money.withoutUsage === 0 ? null : `Left out of the money: ${number(money.withoutUsage)} without a usage.`,
    money.unknownPrice === 0
      ? null
      : `Left out of the money: ${number(money.unknownPrice)} of models without prices (${money.unpriced.join(", ")}). Give them with --prices.`,
    unmeasured.length === 0
      ? null
      : `No first token was measured of ${unmeasured.map((m) => m.model).join(", ")}: what is usual is assumed.`,
    "Expected quality is the classifier's word, from when the request came; its own error is in no interval.",
    doubtful === 0
      ? null
      : `A judge would be asked about up to ${number(doubtful)} more: what the policy would choose counts.`,
    t.unfollowed === 0 || total.changed === 0
      ? null
      : `${number(t.unfollowed)} go on a conversation without a session: another model than the one recorded is taken to read it anew.`,
    t.withoutFeatures === 0
      ? null
      : `Skipped: ${number(t.withoutFeatures)} that were refused when they came, or recorded by an older version.`,
    t.recalled === 0 ? null : `Skipped: ${number(t.recalled)} that were answered from memory.`,
    t.refused.now === 0 ? null : `Skipped: ${number(t.refused.now)} that would be refused now (${t.refused.why.now})`,
    t.refused.policy === 0
      ? null
      : `Skipped: ${number(t.refused.policy)} that the policy would refuse (${t.refused.why.policy})`,
  ];
  return said.filter((s) => s !== null);
}

const number = (n: number): string => n.toLocaleString("en-US");
const count = (n: number, what: string): string => `${number(n)} ${what}${n === 1 ? "" : "s"}`;
const share = (n: number, of: number): string => `${of === 0 ? "0.0" : ((n / of) * 100).toFixed(1)} %`;
