import { addEarly, type Early, earlyOf, noEarly } from "../../io/ledger/early.ts";
import { type CacheState, cacheStates, type Trace, type TraceAttempt } from "../../protocol/trace.ts";

/** Sums over the ended requests of one kind, model and status. */
interface Sums {
  readonly labels: string;
  requests: number;
  input: number;
  cachedInput: number;
  output: number;
  costNanos: number;
  savedNanos: number;
  unknownCost: number;
}

interface Attempts {
  readonly labels: string;
  count: number;
}

/** At most so many sets of labels: nobody's model names can make this grow without end. */
const maxSets = 1000;
const bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** A histogram of seconds. */
class Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #buckets = new Array<number>(bounds.length).fill(0);
  #sum = 0;
  #count = 0;

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  observe(seconds: number): void {
    this.#sum += seconds;
    this.#count++;
    let at = 0;
    while (at < bounds.length && seconds > bounds[at]!) at++;
    if (at < bounds.length) this.#buckets[at]!++;
  }

  print(): string {
    let below = 0;
    const lines = bounds.map((b, i) => {
      below += this.#buckets[i]!;
      return `${this.#name}_bucket{le="${b}"} ${below}\n`;
    });
    return `${head(this.#name, "histogram", this.#help)}${lines.join("")}${this.#name}_bucket{le="+Inf"} ${this.#count}\n${this.#name}_sum ${this.#sum}\n${this.#name}_count ${this.#count}\n`;
  }
}

const head = (name: string, type: "counter" | "gauge" | "histogram", help: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

/** A label's value as Prometheus wants it. */
const quoted = (value: string): string => `"${value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;

const keyOf = (t: Trace): string => `${t.kind}\n${t.decision?.model ?? "none"}\n${t.status}`;

/** What `GET /metrics` counts since the start, from the traces as they end. */
export class Metrics {
  readonly #sums = new Map<string, Sums>();
  readonly #attempts = new Map<string, Attempts>();
  readonly #early: Early = { ...noEarly };
  /** Requests by what memory had for them. */
  readonly #states = new Map<CacheState, number>(cacheStates.map((state) => [state, 0]));
  readonly #ttft = new Histogram("switchyard_ttft_seconds", "Time to the first token.");
  readonly #total = new Histogram("switchyard_request_seconds", "Time of a whole request.");

  ended(trace: Trace): void {
    this.#sum(trace);
    for (const a of trace.attempts) if (a.outcome !== null) this.#attempt(a.model, a.role, a.outcome);
    this.#states.set(trace.cache, (this.#states.get(trace.cache) ?? 0) + 1);
    const early = earlyOf(trace);
    if (early) addEarly(this.#early, early);
    if (trace.ttftMs !== null) this.#ttft.observe(trace.ttftMs / 1000);
    if (trace.totalMs !== null) this.#total.observe(trace.totalMs / 1000);
  }

  /** What was still open when its request ended: counted when it is over, since no counter may fall. */
  late(trace: Trace, a: TraceAttempt): void {
    if (a.outcome !== null) this.#attempt(a.model, a.role, a.outcome);
    const sums = this.#sums.get(keyOf(trace));
    if (sums) sums.costNanos += a.costNanos ?? 0;
  }

  #sum(trace: Trace): void {
    const model = trace.decision?.model ?? "none";
    const key = keyOf(trace);
    let sums = this.#sums.get(key);
    if (!sums) {
      if (this.#sums.size >= maxSets) return;
      const labels = `kind=${quoted(trace.kind)},model=${quoted(model)},status=${quoted(trace.status)}`;
      sums = { labels, requests: 0, input: 0, cachedInput: 0, output: 0, costNanos: 0, savedNanos: 0, unknownCost: 0 };
      this.#sums.set(key, sums);
    }
    sums.requests++;
    sums.input += trace.usage?.input ?? 0;
    sums.cachedInput += trace.usage?.cachedInput ?? 0;
    sums.output += trace.usage?.output ?? 0;
    const open = trace.attempts.reduce((sum, a) => sum + (a.outcome === null ? (a.costNanos ?? 0) : 0), 0);
    sums.costNanos += (trace.cost.nanos ?? open) - open;
    sums.savedNanos += trace.cost.savedNanos ?? 0;
    if (trace.cost.nanos === null) sums.unknownCost++;
  }

  #attempt(model: string, role: string, outcome: string): void {
    const key = `${model}\n${role}\n${outcome}`;
    const known = this.#attempts.get(key);
    if (known) known.count++;
    else if (this.#attempts.size < maxSets)
      this.#attempts.set(key, {
        labels: `model=${quoted(model)},role=${quoted(role)},outcome=${quoted(outcome)}`,
        count: 1,
      });
  }

  print(running: number): string {
    const sums = [...this.#sums.values()];
    const counter = (name: string, value: (s: Sums) => number, more = ""): string =>
      sums.map((s) => `${name}{${s.labels}${more}} ${value(s)}\n`).join("");
    const family = (name: string, help: string, value: (s: Sums) => number): string =>
      head(name, "counter", help) + counter(name, value);
    const by = (name: string, help: string, speculation: number, hedge: number): string =>
      `${head(name, "counter", help)}${name}{by="speculation"} ${speculation}\n${name}{by="hedge"} ${hedge}\n`;
    const early = this.#early;
    const tokens = "switchyard_tokens_total";
    return [
      head("switchyard_requests_running", "gauge", "Requests running now."),
      `switchyard_requests_running ${running}\n`,
      family("switchyard_requests_total", "Requests ended.", (s) => s.requests),
      head("switchyard_attempts_total", "counter", "Calls to a model ended."),
      ...[...this.#attempts.values()].map((a) => `switchyard_attempts_total{${a.labels}} ${a.count}\n`),
      head(tokens, "counter", "Tokens of served attempts; cached ones are part of the input."),
      counter(tokens, (s) => s.input, ',direction="input"'),
      counter(tokens, (s) => s.cachedInput, ',direction="cached_input"'),
      counter(tokens, (s) => s.output, ',direction="output"'),
      family("switchyard_cost_dollars_total", "Known cost in US dollars.", (s) => s.costNanos / 1e9),
      family("switchyard_saved_dollars_total", "Saved against the baseline in US dollars.", (s) => s.savedNanos / 1e9),
      family("switchyard_unknown_cost_total", "Requests whose cost is unknown.", (s) => s.unknownCost),
      by(
        "switchyard_waste_dollars_total",
        "Known cost in US dollars of early starts and second attempts that were discarded; in part estimated.",
        early.speculationWasteNanos / 1e9,
        early.hedgeWasteNanos / 1e9,
      ),
      by(
        "switchyard_saved_seconds_total",
        "Seconds that first tokens came sooner by early starts and second attempts; estimated.",
        early.speculationSavedMs / 1000,
        early.hedgeSavedMs / 1000,
      ),
      head("switchyard_cache_requests_total", "counter", "Requests ended, by what memory had for them."),
      ...[...this.#states].map(([state, n]) => `switchyard_cache_requests_total{state="${state}"} ${n}\n`),
      head("switchyard_cache_saved_dollars_total", "counter", "What asking models again would have cost; estimated."),
      `switchyard_cache_saved_dollars_total ${early.recalledSavedNanos / 1e9}\n`,
      head("switchyard_cache_saved_seconds_total", "counter", "Seconds that whole answers came sooner; estimated."),
      `switchyard_cache_saved_seconds_total ${early.recalledSavedMs / 1000}\n`,
      this.#ttft.print(),
      this.#total.print(),
      head("process_resident_memory_bytes", "gauge", "Resident memory of the daemon."),
      `process_resident_memory_bytes ${process.memoryUsage.rss()}\n`,
    ].join("");
  }
}
