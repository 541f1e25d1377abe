/**
 * Secrets that give themselves away in plain text. Each is looked for by its literal opening first (a native search), and
 * only a hit is looked at more closely, so that a long prompt costs next to nothing.
 */
const kinds: readonly { readonly kind: string; readonly opening: string; readonly whole: RegExp }[] = [
  { kind: "private-key", opening: "PRIVATE KEY-----", whole: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  { kind: "aws-key", opening: "AKIA", whole: /\bAKIA[0-9A-Z]{16}\b/ },
  { kind: "github-token", opening: "ghp_", whole: /\bghp_[A-Za-z0-9]{36}\b/ },
  { kind: "github-token", opening: "github_pat_", whole: /\bgithub_pat_[A-Za-z0-9_]{60,}\b/ },
  { kind: "gitlab-token", opening: "glpat-", whole: /\bglpat-[A-Za-z0-9_-]{20,}/ },
  { kind: "slack-token", opening: "xoxb-", whole: /\bxoxb-[0-9]{8,}-[A-Za-z0-9-]{16,}/ },
  { kind: "anthropic-key", opening: "sk-ant-", whole: /\bsk-ant-[A-Za-z0-9_-]{32,}/ },
  { kind: "openai-key", opening: "sk-proj-", whole: /\bsk-proj-[A-Za-z0-9_-]{32,}/ },
  { kind: "google-key", opening: "AIza", whole: /\bAIza[0-9A-Za-z_-]{35}\b/ },
];

/** The kind of the first secret in the text, or null. */
export function findSecret(text: string): string | null {
  for (const { kind, opening, whole } of kinds) if (text.includes(opening) && whole.test(text)) return kind;
  return null;
}
