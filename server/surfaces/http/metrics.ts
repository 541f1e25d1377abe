import type { Trace } from "../../protocol/trace.ts";

type Labels = Readonly<Record<string, string>>;

/** A family of counters; at most so many label sets, so that nobody's model names can make it grow without end. */
class Counter {
  readonly #values = new Map<string, number>();
  readonly name: string;
  readonly #help: string;
  readonly #type: "counter" | "gauge";

  constructor(name: string, help: string, type: "counter" | "gauge" = "counter") {
    this.name = name;
    this.#help = help;
    this.#type = type;
  }

  add(labels: Labels, value: number): void {
    const key = labelText(labels);
    if (!this.#values.has(key) && this.#values.size >= 1000) return;
    this.#values.set(key, (this.#values.get(key) ?? 0) + value);
  }

  print(): string {
    const lines = [...this.#values].map(([labels, value]) => `${this.name}${labels} ${value}`);
    return `# HELP ${this.name} ${this.#help}\n# TYPE ${this.name} ${this.#type}\n${lines.map((l) => `${l}\n`).join("")}`;
  }
}

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
    const at = bounds.findIndex((b) => seconds <= b);
    if (at >= 0) this.#buckets[at]!++;
  }

  print(): string {
    let below = 0;
    const lines = bounds.map((b, i) => {
      below += this.#buckets[i]!;
      return `${this.#name}_bucket{le="${b}"} ${below}\n`;
    });
    return `# HELP ${this.#name} ${this.#help}\n# TYPE ${this.#name} histogram\n${lines.join("")}${this.#name}_bucket{le="+Inf"} ${this.#count}\n${this.#name}_sum ${this.#sum}\n${this.#name}_count ${this.#count}\n`;
  }
}

function labelText(labels: Labels): string {
  const inner = Object.entries(labels).map(
    ([k, v]) => `${k}="${v.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`,
  );
  return inner.length === 0 ? "" : `{${inner.join(",")}}`;
}

const dollars = (nanos: number): number => nanos / 1e9;

/** What `GET /metrics` counts since the start, from the traces as they end. */
export class Metrics {
  readonly #requests = new Counter("switchyard_requests_total", "Requests ended.");
  readonly #attempts = new Counter("switchyard_attempts_total", "Calls to a model ended.");
  readonly #tokens = new Counter("switchyard_tokens_total", "Tokens of served attempts.");
  readonly #cost = new Counter("switchyard_cost_dollars_total", "Known cost in US dollars.");
  readonly #saved = new Counter("switchyard_saved_dollars_total", "Saved against the baseline in US dollars.");
  readonly #unknown = new Counter("switchyard_unknown_cost_total", "Requests whose cost is unknown.");
  readonly #ttft = new Histogram("switchyard_ttft_seconds", "Time to the first token.");
  readonly #total = new Histogram("switchyard_request_seconds", "Time of a whole request.");
  readonly #running = new Set<string>();

  observe(trace: Trace): void {
    if (trace.status === "running") {
      this.#running.add(trace.id);
      return;
    }
    this.#running.delete(trace.id);
    const model = trace.decision?.model ?? "none";
    this.#requests.add({ kind: trace.kind, model, status: trace.status }, 1);
    for (const a of trace.attempts)
      this.#attempts.add({ model: a.model, role: a.role, outcome: a.outcome ?? "running" }, 1);
    if (trace.usage) {
      this.#tokens.add({ model, direction: "input" }, trace.usage.input);
      this.#tokens.add({ model, direction: "cached_input" }, trace.usage.cachedInput);
      this.#tokens.add({ model, direction: "output" }, trace.usage.output);
    }
    if (trace.cost.nanos === null) this.#unknown.add({ model }, 1);
    else this.#cost.add({ model }, dollars(trace.cost.nanos));
    if (trace.cost.savedNanos !== null) this.#saved.add({ model }, dollars(trace.cost.savedNanos));
    if (trace.ttftMs !== null) this.#ttft.observe(trace.ttftMs / 1000);
    if (trace.totalMs !== null) this.#total.observe(trace.totalMs / 1000);
  }

  print(): string {
    const running = new Counter("switchyard_requests_running", "Requests running now.", "gauge");
    running.add({}, this.#running.size);
    const memory = new Counter("process_resident_memory_bytes", "Resident memory of the daemon.", "gauge");
    memory.add({}, process.memoryUsage.rss());
    const families = [
      running,
      this.#requests,
      this.#attempts,
      this.#tokens,
      this.#cost,
      this.#saved,
      this.#unknown,
      this.#ttft,
      this.#total,
      memory,
    ];
    return families.map((f) => f.print()).join("");
  }
}
