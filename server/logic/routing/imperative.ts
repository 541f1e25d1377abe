import type { Task } from "../../protocol/trace.ts";

/** What a question that begins with the verb asks for, whatever else it speaks of: "explain this error" wants no fix. */
const tasks: ReadonlyMap<string, Task> = new Map(
  Object.entries({
    explain: "explain",
    describe: "explain",
    fix: "fix",
    debug: "fix",
    repair: "fix",
    refactor: "refactor",
    restructure: "refactor",
    simplify: "refactor",
    rename: "refactor",
    document: "document",
    translate: "write",
    convert: "write",
  } as const),
);

/** The first word that isn't said out of politeness. */
const firstVerb =
  /^\W*(?:(?:please|pls|kindly|can|could|would|will|you|help|me|let's|i|want|need|to|hi|hey|now|just|then)\b\W*)*([a-z]+)/i;

/** The task that the first verb names, or null. */
export function taskOfVerb(asked: string): Task | null {
  const verb = firstVerb.exec(asked)?.[1];
  return verb === undefined ? null : (tasks.get(verb.toLowerCase()) ?? null);
}
