import type {
  Recalled,
  Signal,
  Trace,
  TraceAttempt,
  TraceFeatures,
  TraceFeedback,
  Usage,
} from "../../protocol/trace.ts";
import { armOf, type Figures } from "./figures.ts";

/**
 * What the columns of a row don't hold of a trace, as a JSON list without names: a quarter of the trace's own JSON, and written
 * in half the time. Times are in microseconds, as whole numbers: those print faster. Places are never given another meaning, only added at the end, since daemons of several versions
 * read the same file.
 */
type Packed = [
  wire: Trace["wire"],
  stream: boolean,
  session: Trace["session"],
  messages: number,
  chars: number,
  verdict: Trace["privacy"]["verdict"],
  rule: string,
  error: Trace["error"],
  finish: Trace["finish"],
  decision: PackedDecision | null,
  /** Four places a span: name, start, duration, attempt. */
  spans: unknown[],
  attempts: PackedAttempt[],
  /** The number of the attempt whose usage it is, or the usage itself. */
  usage: number | PackedUsage | null,
  text?: Trace["text"] | null,
  savedMs?: [speculation: number, hedge: number] | null,
  recalled?: [trace: string, age: number, similarity: number | null, saved: number, savedNanos: number | null] | null,
  features?: PackedFeatures | null,
  /** The signals and when each came, in milliseconds since the epoch. */
  feedback?: [reward: number, ...signals: (string | number)[]] | null,
];
/** Where the list has the conversation: read by a query (see reader.ts). */
export const sessionPlace = 2;

type PackedFeatures = [
  named: string,
  quality: number | null,
  route: TraceFeatures["route"],
  needs: string,
  tokens: number,
  maxTokens: number | null,
  history: number,
  last: string | null,
  weak: number,
  strong: number,
  score: number,
  novelty: number,
];
type Decision = NonNullable<Trace["decision"]>;
type PackedDecision = [
  model: string,
  difficulty: Decision["difficulty"],
  score: number,
  confidence: number,
  reason: string,
  us: number,
];
type PackedUsage = [
  input: number,
  cachedInput: number,
  cacheWrite: number,
  output: number,
  reasoning: number,
  source: Usage["source"],
];
type PackedAttempt = [
  model: string,
  provider: string,
  role: TraceAttempt["role"],
  start: number,
  firstToken: number | null,
  end: number | null,
  outcome: TraceAttempt["outcome"],
  error: TraceAttempt["error"],
  usage: PackedUsage | null,
  costNanos: number | null,
];

const micros = (ms: number): number => Math.round(ms * 1000);

export function pack(t: Trace): string {
  const d = t.decision;
  const spans: unknown[] = [];
  for (const s of t.spans) spans.push(s.name, micros(s.startMs), micros(s.durationMs), s.attempt);
  const shared = t.usage === null ? -1 : t.attempts.findIndex((a) => a.usage === t.usage);
  const packed: Packed = [
    t.wire,
    t.stream,
    t.session,
    t.messages,
    t.chars,
    t.privacy.verdict,
    t.privacy.rule,
    t.error,
    t.finish,
    d && [d.model, d.difficulty, d.score, d.confidence, d.reason, d.us],
    spans,
    t.attempts.map(packAttempt),
    shared >= 0 ? shared : packUsage(t.usage),
  ];
  if (t.features || t.recalled || t.savedMs || t.text || t.feedback)
    packed.push(
      t.text ?? null,
      t.savedMs && [micros(t.savedMs.speculation), micros(t.savedMs.hedge)],
      t.recalled && packRecalled(t.recalled),
      t.features && packFeatures(t.features),
    );
  if (t.feedback) packed.push(packFeedback(t.feedback));
  return JSON.stringify(packed);
}

const packFeatures = (f: TraceFeatures): PackedFeatures => [
  f.named,
  f.quality,
  f.route,
  f.needs.join(),
  f.tokens,
  f.maxTokens,
  f.history,
  f.last,
  f.weak,
  f.strong,
  f.score,
  f.novelty,
];

function unpackFeatures(p: PackedFeatures): TraceFeatures {
  const [named, quality, route, needs, tokens, maxTokens, history, last, weak, strong, score, novelty] = p;
  const list = needs === "" ? [] : needs.split(",");
  return { named, quality, route, needs: list, tokens, maxTokens, history, last, weak, strong, score, novelty };
}

const packFeedback = (f: TraceFeedback): (string | number)[] => [
  f.reward,
  ...f.signals.flatMap((s) => [s.signal, Date.parse(s.at)]),
];

function unpackFeedback([reward, ...flat]: NonNullable<Packed[17]>): TraceFeedback {
  const signals: TraceFeedback["signals"] = [];
  for (let i = 0; i < flat.length; i += 2)
    signals.push({ signal: flat[i] as Signal, at: new Date(flat[i + 1] as number).toISOString() });
  return { reward, signals };
}

const packRecalled = (r: Recalled): NonNullable<Packed[15]> => [
  r.trace,
  micros(r.ageMs),
  r.similarity,
  micros(r.savedMs),
  r.savedNanos,
];

function unpackRecalled([trace, age, similarity, saved, savedNanos]: NonNullable<Packed[15]>): Recalled {
  return { trace, ageMs: age / 1000, similarity, savedMs: saved / 1000, savedNanos };
}

const packUsage = (u: Usage | null): PackedUsage | null =>
  u && [u.input, u.cachedInput, u.cacheWrite, u.output, u.reasoning, u.source];

const packAttempt = (a: TraceAttempt): PackedAttempt => [
  a.model,
  a.provider,
  a.role,
  micros(a.startMs),
  a.firstTokenMs && micros(a.firstTokenMs),
  a.endMs && micros(a.endMs),
  a.outcome,
  a.error,
  packUsage(a.usage),
  a.costNanos,
];

export function unpack(id: string, f: Figures, json: string): Trace {
  // SAFETY: written by `pack` of this version or a newer one, whose additions stand behind what is read here.
  const p = JSON.parse(json) as Packed;
  // biome-ignore format: one line, in the order of Packed
  const [wire, stream, session, messages, chars, verdict, rule, error, finish, decision, spans, attempts, usage, text, savedMs, recalled, features, feedback] = p;
  const unpacked = attempts.map(unpackAttempt);
  const trace: Trace = {
    id,
    startedAt: new Date(f.at).toISOString(),
    surface: f.surface,
    wire,
    kind: f.kind,
    stream,
    client: f.client,
    workspace: f.workspace,
    session,
    messages,
    chars,
    status: f.status,
    error,
    finish,
    privacy: { verdict, rule },
    decision: decision && unpackDecision(decision, f),
    spans: unpackSpans(spans),
    attempts: unpacked,
    cache: f.cache,
    ttftMs: f.ttft,
    totalMs: f.total,
    usage: typeof usage === "number" ? (unpacked[usage]?.usage ?? null) : unpackUsage(usage),
    cost: {
      nanos: f.cost,
      wasteNanos: f.waste,
      baselineNanos: f.baseline,
      savedNanos: f.saved,
      estimated: f.estimated === 1,
    },
    savedMs: savedMs ? { speculation: savedMs[0] / 1000, hedge: savedMs[1] / 1000 } : null,
    recalled: recalled ? unpackRecalled(recalled) : null,
    features: features ? unpackFeatures(features) : null,
    feedback: feedback ? unpackFeedback(feedback) : null,
    arm: armOf(f.arm),
  };
  if (text) trace.text = text;
  return trace;
}

function unpackDecision([model, difficulty, score, confidence, reason, us]: PackedDecision, f: Figures): Decision {
  const { route, task, stage } = f;
  if (route === null || task === null || stage === null) throw new TypeError("a decision without its route");
  return { route, model, task, difficulty, stage, score, confidence, reason, us };
}

function unpackSpans(flat: readonly unknown[]): Trace["spans"] {
  const spans: Trace["spans"] = [];
  for (let i = 0; i < flat.length; i += 4) {
    const [name, start, duration, attempt] = flat.slice(i, i + 4) as [
      Trace["spans"][number]["name"],
      number,
      number,
      number | null,
    ];
    spans.push({ name, startMs: start / 1000, durationMs: duration / 1000, attempt });
  }
  return spans;
}

function unpackUsage(u: PackedUsage | null): Usage | null {
  if (u === null) return null;
  const [input, cachedInput, cacheWrite, output, reasoning, source] = u;
  return { input, cachedInput, cacheWrite, output, reasoning, source };
}

function unpackAttempt(a: PackedAttempt): TraceAttempt {
  const [model, provider, role, start, firstToken, end, outcome, error, usage, costNanos] = a;
  return {
    model,
    provider,
    role,
    startMs: start / 1000,
    firstTokenMs: firstToken && firstToken / 1000,
    endMs: end && end / 1000,
    outcome,
    error,
    usage: unpackUsage(usage),
    costNanos,
  };
}
