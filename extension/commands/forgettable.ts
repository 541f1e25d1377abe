import type { Params } from "../../server/protocol/editor.ts";

/** Something that can be forgotten, as a person picks it. */
export interface Forgettable {
  readonly label: string;
  readonly detail: string;
  readonly which: Params<"forget">;
  /** It is asked once more: what other windows and programs would be given goes too. */
  readonly everything: boolean;
}

const all: Params<"forget"> = { since: null, before: null, workspace: null, trace: null };

/** The choices of *Forget Remembered Answers*. A window without a folder has no answers of its own. */
export function forgettable(now: Date, workspace: string | null): Forgettable[] {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const some = (label: string, detail: string, which: Partial<Params<"forget">>): Forgettable => ({
    label,
    detail,
    which: { ...all, ...which },
    everything: false,
  });
  return [
    some("Last hour", "Answers made in the last 60 minutes", { since: now.getTime() - 3_600_000 }),
    some("Today", "Answers made since midnight", { since: midnight.getTime() }),
    ...(workspace === null ? [] : [some("This workspace", `Answers made in ${workspace}`, { workspace })]),
    {
      label: "Everything",
      detail: "All remembered answers, of all windows and programs",
      which: all,
      everything: true,
    },
  ];
}

/** What is said when it is done. */
export function forgotten(answers: number): string {
  if (answers === 0) return "There was no remembered answer to forget.";
  return `${answers.toLocaleString("en")} remembered ${answers === 1 ? "answer was" : "answers were"} forgotten.`;
}
