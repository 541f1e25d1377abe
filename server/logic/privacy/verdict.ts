import type { Privacy } from "../../domain/request.ts";
import { findSecret } from "./secrets.ts";

export interface PrivacyRules {
  /** Nothing leaves this machine. */
  readonly offline: boolean;
  /** Which of the denied patterns a path matches, or null. */
  denies(path: string): string | null;
}

/**
 * Where a request may go. The strictest rule holds: a denied path sends it nowhere, the offline switch or a secret in its
 * text keep it on this machine.
 */
export function privacyOf(rules: PrivacyRules, paths: readonly string[], texts: readonly string[]): Privacy {
  for (const path of paths) {
    const glob = rules.denies(path);
    if (glob !== null) return { verdict: "nowhere", rule: `deny:${glob}` };
  }
  if (rules.offline) return { verdict: "local-only", rule: "offline" };
  for (const text of texts) {
    const kind = findSecret(text);
    if (kind !== null) return { verdict: "local-only", rule: `content:${kind}` };
  }
  return { verdict: "anywhere", rule: "default" };
}
