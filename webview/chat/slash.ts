import type { Task } from "../../server/protocol/trace.ts";

/** A word at the start of a question that says what kind of task it is. */
export interface Slash {
  readonly name: string;
  readonly task: Task;
  /** What it does, for the list. */
  readonly about: string;
  /** What the model reads when nothing follows the word, and what stands before that which does. */
  readonly alone: string;
  readonly before: string;
}

const slash = (name: string, task: Task, about: string, alone: string, before: string): Slash => ({
  name,
  task,
  about,
  alone,
  before,
});

export const slashes: readonly Slash[] = [
  slash("explain", "explain", "Explain the code", "Explain this.", "Explain this:"),
  slash("fix", "fix", "Find and fix what is wrong", "Fix what is wrong here.", "Fix this:"),
  slash("test", "test", "Write tests", "Write tests for this.", "Write tests:"),
  slash("doc", "document", "Write documentation", "Write documentation comments for this.", "Document this:"),
  slash("refactor", "refactor", "Improve without changing what it does", "Refactor this.", "Refactor this:"),
  slash(
    "commit",
    "commit-message",
    "Write a commit message",
    "Write a commit message for this change.",
    "Write a commit message:",
  ),
  slash("shell", "shell", "Find the shell command", "Which shell command does this?", "Give me the shell command:"),
  slash("search", "search", "Find where something is", "Where is this in the code?", "Find in the code:"),
];

/** A question as it was written, read: what the model gets, and the task where one is named. */
export function readQuestion(written: string): { readonly text: string; readonly task: Task | null } {
  const [, name, gap = "", rest = ""] = /^\/([a-z]+)(?:(\s+)([\s\S]+))?$/.exec(written.trim()) ?? [];
  const found = slashes.find((s) => s.name === name);
  if (!found) return { text: written, task: null };
  const text = rest === "" ? found.alone : `${found.before}${`${gap}${rest}`.includes("\n") ? "\n" : " "}${rest}`;
  return { text, task: found.task };
}

/** The words that what is written could become; none once something follows. */
export function slashesFor(written: string): readonly Slash[] {
  const [, start] = /^\/([a-z]*)$/.exec(written) ?? [];
  return start === undefined ? [] : slashes.filter((s) => s.name.startsWith(start));
}
