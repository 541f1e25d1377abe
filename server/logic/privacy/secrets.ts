/**
 * Secrets that give themselves away in plain text. Each is looked for by a literal part first (a native search, quick where
 * the part begins with a rare character), and only a hit is looked at more closely, so that a long prompt costs next to
 * nothing.
 */
const kinds: readonly { readonly kind: string; readonly part: string; readonly whole: RegExp }[] = [
  { kind: "private-key", part: "PRIVATE KEY-----", whole: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  { kind: "aws-key", part: "AKIA", whole: /\bAKIA[0-9A-Z]{16}\b/ },
  { kind: "github-token", part: "ghp_", whole: /\bghp_[A-Za-z0-9]{36}\b/ },
  { kind: "github-token", part: "_pat_", whole: /\bgithub_pat_[A-Za-z0-9_]{60,}\b/ },
  { kind: "gitlab-token", part: "glpat-", whole: /\bglpat-[A-Za-z0-9_-]{20,}/ },
  { kind: "slack-token", part: "xoxb-", whole: /\bxoxb-[0-9]{8,}-[A-Za-z0-9-]{16,}/ },
  { kind: "anthropic-key", part: "-ant-", whole: /\bsk-ant-[A-Za-z0-9_-]{32,}/ },
  { kind: "openai-key", part: "-proj-", whole: /\bsk-proj-[A-Za-z0-9_-]{32,}/ },
  { kind: "google-key", part: "AIza", whole: /\bAIza[0-9A-Za-z_-]{35}\b/ },
];

/** The kind of the first secret in the text, or null. */
export function findSecret(text: string): string | null {
  for (const { kind, part, whole } of kinds) if (text.includes(part) && whole.test(text)) return kind;
  return null;
}
