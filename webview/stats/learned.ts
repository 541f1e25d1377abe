import type { LearnedReport } from "../../server/protocol/learned.ts";
import { count, dateTime } from "../kit/format.ts";
import type { Table } from "./table.ts";

type Row = LearnedReport["rows"][number];

export const learnedTitle = "What was learned";

/** A shift that rounds to nothing moves no choice worth a word. */
const nothing = 0.005;

/** A share of 0…1 in points of a hundred, signed: "+4", "−12", "0". */
export function points(shift: number): string {
  const n = Math.round(shift * 100);
  return n === 0 ? "0" : n > 0 ? `+${n}` : `−${-n}`;
}

/** What a shift does, in a word. */
export function effect(shift: number): string {
  if (Math.abs(shift) < nothing) return "as expected";
  return shift > 0 ? "better than expected" : "worse than expected";
}

/** How it stands with the learner, in a line or two. */
export function learnedNote({ enabled, since, rows }: LearnedReport): string {
  const from = since === null ? "" : ` Counted since the reset of ${dateTime(since)}.`;
  const off = 'The learner is off ("enabled": false under "learner" in the configuration): ';
  if (rows.length === 0)
    return enabled
      ? `Nothing yet. Keep, change or undo what you insert from an answer, accept suggestions, or ask again: each says how good the answer was, and which model is chosen for such tasks moves with it.${from}`
      : `${off}nothing of what you do with answers moves a choice.${from}`;
  const what = enabled
    ? "What you did with answers moves how good a model is expected to be at a task, by the points of the last column (40 at most)."
    : `${off}what you did with answers is shown here and moves no choice.`;
  return `${what} 100 is an answer that was kept as it was, 0 one that was undone or asked for again.${from}`;
}

const inPoints = (share: number): string => count(Math.round(share * 100));

/** One line a task and model; null: nothing was learned. */
export function learnedTable(report: LearnedReport): Table | null {
  if (report.rows.length === 0) return null;
  return {
    title: learnedTitle,
    note: learnedNote(report),
    head: ["Task", "Model", "Answers", "Expected", "Turned out", "Shift"],
    rows: report.rows.map((r: Row) => [
      r.task,
      r.model,
      count(r.answers),
      inPoints(r.expected),
      inPoints(r.reward),
      `${points(r.shift)} (${effect(r.shift)})`,
    ]),
  };
}
