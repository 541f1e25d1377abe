import type { Task } from "../../../protocol/trace.ts";

/** What is known of a question beside its text. */
export interface Clues {
  /** Of the conversation, the last one included. */
  readonly messages: number;
  /** Before the last user message. */
  readonly historyChars: number;
  /** Of the editor's file. */
  readonly language: string | null;
  readonly selectionChars: number;
  /** Attached. */
  readonly files: number;
  /** Diagnostics present. */
  readonly errors: number;
  /** As the client says, such as "fix" or "commit-message". */
  readonly task: Task | null;
}

export const noClues: Clues = {
  messages: 1,
  historyChars: 0,
  language: null,
  selectionChars: 0,
  files: 0,
  errors: 0,
  task: null,
};

/**
 * How much each clue moves the odds that the strong model is needed, in units of their logarithm. Set by hand: the
 * training data knows questions without an editor around them only. Modest, since nothing was measured.
 */
const clueShifts = {
  /** Diagnostics: something is broken; several at once are seldom independent. */
  firstError: 0.25,
  furtherError: 0.05,
  /** Attached files beyond the first must be seen together. */
  furtherFile: 0.2,
  /** Each doubling of the selection beyond 500 characters. */
  selectionDoubling: 0.1,
  /** Each doubling of the history beyond 2,000 characters: more to keep in mind. */
  historyDoubling: 0.1,
  /** Each two further messages: whoever asks again was not content. */
  furtherTurn: 0.04,
} as const;

/** No sort of clue may outvote the text. */
const mostOf = { errors: 0.5, files: 0.6, selection: 0.4, history: 0.5, turns: 0.2, all: 1.2 } as const;

/** What an editor asks by itself is small work; what isn't named here moves nothing. */
const taskShifts: Partial<Record<Task, number>> = {
  title: -1.2,
  "commit-message": -1,
  summary: -0.7,
  completion: -0.5,
  document: -0.5,
  explain: -0.2,
  search: -0.2,
  shell: -0.1,
  fix: 0.2,
  refactor: 0.2,
  agent: 0.4,
};

/** Languages in which small models write noticeably more that doesn't compile. */
const demanding = new Set(["c", "cpp", "rust", "haskell", "scala", "coq", "lean", "lean4", "agda", "cuda-cpp", "zig"]);
const demandingShift = 0.15;

const doublings = (value: number, from: number): number => (value > from ? Math.log2(value / from) : 0);
/** What comes from outside may be anything. */
const amount = (value: number): number => (Number.isNaN(value) ? 0 : Math.max(value, 0));

/** All clues together. */
export function shiftOf(clues: Clues): number {
  if (clues === noClues) return 0;
  let shift = 0;
  const errors = amount(clues.errors);
  if (errors >= 1) shift += Math.min(clueShifts.firstError + clueShifts.furtherError * (errors - 1), mostOf.errors);
  const files = amount(clues.files);
  if (files > 1) shift += Math.min(clueShifts.furtherFile * (files - 1), mostOf.files);
  shift += Math.min(clueShifts.selectionDoubling * doublings(amount(clues.selectionChars), 500), mostOf.selection);
  shift += Math.min(clueShifts.historyDoubling * doublings(amount(clues.historyChars), 2000), mostOf.history);
  shift += Math.min((clueShifts.furtherTurn * amount(clues.messages - 1)) / 2, mostOf.turns);
  if (clues.language !== null && demanding.has(clues.language)) shift += demandingShift;
  if (clues.task !== null) shift += taskShifts[clues.task] ?? 0;
  return Math.max(-1.5, Math.min(shift, mostOf.all));
}
