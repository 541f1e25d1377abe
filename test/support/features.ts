import type { Features } from "../../server/logic/routing/features.ts";

/** What deciding sees of a chat's first question, a fix, without a word about models or quality. */
export const featuresWith = (more: Partial<Features> = {}): Features => ({
  id: "r1",
  kind: "chat",
  stream: true,
  named: "switchyard/auto",
  quality: null,
  task: "fix",
  route: null,
  client: "c",
  workspace: null,
  session: null,
  verdict: "anywhere",
  rule: "default",
  needs: [],
  messages: 1,
  chars: 800,
  tokens: 200,
  maxTokens: null,
  history: 0,
  last: null,
  weak: 0.4,
  strong: 0.85,
  score: 0.5,
  novelty: 0,
  ...more,
});
