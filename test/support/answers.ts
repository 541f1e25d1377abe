import type { Answer } from "../../server/domain/memory.ts";

/** A remembered answer; what a test doesn't say is as it mostly is. */
export const answerOf = (key: string, more: Partial<Answer> = {}): Answer => ({
  key,
  owner: { client: "test", workspace: null },
  trace: key,
  atMs: 0,
  decision: {
    route: "direct",
    model: "small",
    task: "chat",
    difficulty: "simple",
    stage: "rules",
    score: 0,
    confidence: 1,
    reason: "short",
    us: 1,
  },
  model: "small",
  usage: null,
  tookMs: 100,
  events: [{ type: "first" }, { type: "text", text: "Hello." }, { type: "done", stop: "stop" }],
  bytes: 100,
  ...more,
});
