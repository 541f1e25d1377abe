import type { Breakers } from "../io/health/breakers.ts";
import type { Load } from "../io/limits/slots.ts";
import type { EngineCounters } from "../io/providers/llama-cpp/provider.ts";
import type { Snapshot } from "../logic/routing/snapshot.ts";
import type { ModelInfo, Problem } from "../protocol/editor.ts";
import type { Listed } from "./listed.ts";

/** What windows show of the daemon at rest. */
export const stateOf = {
  models(s: Snapshot, health: Breakers, listed: Listed): ModelInfo[] {
    return s.models.map((m) => {
      const seen = health.of(m.id);
      return {
        id: m.id,
        provider: m.provider,
        name: m.name,
        tier: m.tier,
        locality: m.locality,
        abilities: [...m.abilities],
        health: seen.health,
        note: seen.note ?? listed.note(m.id),
      };
    });
  },

  problems(o: {
    readonly snapshot: Snapshot;
    readonly fault: { readonly message: string } | null;
    readonly ledger: string | null;
    readonly engineMissing: boolean;
    readonly missingKeys: readonly Problem[];
    /** Local servers are still being looked for. */
    readonly searching: boolean;
  }): Problem[] {
    const problems: Problem[] = [];
    if (o.fault) problems.push({ code: "config", message: o.fault.message, action: "open-config" });
    if (o.snapshot.models.length === 0 && !o.searching)
      problems.push({
        code: "no-model",
        message:
          "There is no model yet. Pull a small one that runs on this machine, or add a provider to the configuration.",
        action: "pull-model",
      });
    if (o.engineMissing)
      problems.push({
        code: "engine-missing",
        message: "A model runs on the embedded engine, and the engine isn't installed.",
        action: "install-engine",
      });
    problems.push(...o.missingKeys);
    if (o.ledger) problems.push({ code: "ledger", message: o.ledger, action: "show-log" });
    return problems;
  },
};

/** How busy each provider is, as lines of `GET /metrics`. */
export function loadMetrics(loads: readonly Load[]): string {
  const family = (name: string, help: string, value: (l: Load) => number): string => {
    const lines = loads.map((l) => `${name}{provider="${l.provider.replace(/[\\"]/g, "\\$&")}"} ${value(l)}\n`);
    return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
  };
  return (
    family("switchyard_provider_running", "Calls that run at a provider.", (l) => l.running) +
    family("switchyard_provider_waiting", "Calls that wait for a place at it.", (l) => l.waiting)
  );
}

/** What memory holds, as lines of `GET /metrics`. */
export function memoryMetrics(
  exact: { readonly entries: number; readonly bytes: number },
  questions: number,
  prompts: number,
): string {
  const gauge = (name: string, help: string, value: number): string =>
    `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`;
  return (
    gauge("switchyard_cache_bytes", "Bytes of the answers that are remembered by their key, about.", exact.bytes) +
    gauge("switchyard_cache_answers", "Answers that are remembered by their key.", exact.entries) +
    gauge("switchyard_cache_questions", "Remembered questions that others are compared with.", questions) +
    gauge("switchyard_cache_prompts", "Prompts of which is remembered what deciding read of them.", prompts)
  );
}

/** The embedded engines' own counters, as lines of `GET /metrics`. */
export function engineMetrics(engines: readonly EngineCounters[]): string {
  const sum = (key: keyof EngineCounters): number => engines.reduce((n, e) => n + e[key], 0);
  const line = (name: string, type: "counter" | "gauge", help: string, value: number): string =>
    `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
  return [
    line(
      "switchyard_engine_prompt_tokens_total",
      "counter",
      "Prompt tokens the embedded engine evaluated.",
      sum("promptTokens"),
    ),
    line(
      "switchyard_engine_cached_tokens_total",
      "counter",
      "Prompt tokens it had from an earlier request.",
      sum("cachedTokens"),
    ),
    line("switchyard_engine_generated_tokens_total", "counter", "Tokens it generated.", sum("generatedTokens")),
    line("switchyard_engine_aborted_total", "counter", "Requests cancelled while it worked on them.", sum("aborted")),
    line("switchyard_engine_loads_total", "counter", "Models loaded.", sum("loads")),
    line("switchyard_engine_unloads_total", "counter", "Models unloaded.", sum("unloads")),
    line(
      "switchyard_engine_restarts_total",
      "counter",
      "Engine processes started after one that ended by itself.",
      sum("restarts"),
    ),
    line("switchyard_engine_active", "gauge", "Requests it works on.", sum("active")),
    line("switchyard_engine_queued", "gauge", "Requests that wait for it.", sum("queued")),
  ].join("");
}
