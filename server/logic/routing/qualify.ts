import type { Model } from "../../domain/model.ts";
import type { Features } from "./features.ts";

/** Why a model can't take a request, or null when it can. */
export function disqualified(m: Model, f: Features, checkLength = true): string | null {
  const kind = f.kind === "embedding" ? "embeddings" : f.kind;
  if (!m.abilities.has(kind)) return `${m.id} has no ability "${kind}"`;
  for (const need of f.needs) if (!m.abilities.has(need)) return `${m.id} has no ability "${need}"`;
  if (f.verdict === "local-only" && m.locality === "cloud")
    return `${m.id} is in the cloud, and ${ruleInWords(f.rule)}`;
  if (checkLength && m.contextWindow !== null && f.tokens > m.contextWindow)
    return `about ${f.tokens} tokens don't fit the ${m.contextWindow} of ${m.id}`;
  return null;
}

/** A privacy rule as the reason it is. */
export function ruleInWords(rule: string): string {
  if (rule === "offline") return "privacy.offline keeps every request on this machine";
  if (rule.startsWith("content:")) return `the text holds a secret (${rule.slice(8)}), which keeps it on this machine`;
  if (rule.startsWith("deny:")) return `a file matches privacy.deny (${rule.slice(5)})`;
  return `the privacy rule "${rule}" holds`;
}
