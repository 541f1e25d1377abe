import type { Task } from "../../server/protocol/trace.ts";

/** What names a task, as patterns: what the one pass of logic/routing/task.ts must agree with. */

/** The first pattern that holds names the task. What an editor asks by itself comes first: those are unmistakable. */
const patterns: readonly { readonly task: Task; readonly test: RegExp }[] = [
  {
    task: "commit-message",
    test: /\b(write|generate|create|suggest|draft|compose)\b[^.?!\n]{0,60}\bcommit message\b/i,
  },
  {
    task: "title",
    test: /\b(write|generate|create|suggest|give|provide|come up with)\b[^.?!\n]{0,60}\btitle\b[^.?!\n]{0,80}\b(conversation|chat|thread|discussion|session)\b/i,
  },
  {
    task: "summary",
    test: /\bsummar(i[sz]e|y of)\b[^.?!\n]{0,60}\b(conversation|chat|thread|discussion|session|history)\b/i,
  },
];
const words: readonly { readonly task: Task; readonly test: RegExp }[] = [
  { task: "test", test: /\b(write|add|create|generate)\b[^.?!\n]{0,40}\b(unit |integration )?tests?\b/i },
  {
    task: "document",
    test: /\b(write|add|generate)\b[^.?!\n]{0,40}\b(docs?|documentation|docstrings?|comments?|readme)\b/i,
  },
  { task: "refactor", test: /\b(refactor|clean up|simplify|restructure)\b/i },
  { task: "fix", test: /\b(fix|debug|bug|doesn't work|not working|error|exception|crash(es)?)\b/i },
  { task: "explain", test: /\b(explain|why|how does|how do|what does|what is|what are)\b/i },
  { task: "shell", test: /\b(shell|bash|zsh|terminal|command line)\b/i },
  { task: "search", test: /\b(find|where is|which file|search)\b/i },
  { task: "write", test: /\b(write|implement|create|add|build|generate)\b/i },
];

/** What is asked for, told from the last user message and the beginning of the system message. */
export function taskByPatterns(asked: string, system: string, hasTools: boolean): Task {
  for (const { task, test } of patterns) if (test.test(asked) || test.test(system)) return task;
  if (hasTools) return "agent";
  for (const { task, test } of words) if (test.test(asked)) return task;
  return "chat";
}
