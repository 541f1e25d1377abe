/** Limits and words that a webview and its host share. Without the validators, which no page needs to carry. */

/** Characters and turns of one conversation that are kept, shown and sent; the oldest go first, and the page says so. */
export const maxConversationChars = 400_000;
export const maxConversationTurns = 60;

/** Items that may be attached to a question, and characters of one; a longer one is cut, and its chip says so. */
export const maxContextItems = 12;
export const maxContextChars = 100_000;

/** Requests that the list of timings keeps, the newest. */
export const maxListedTraces = 200;

/** What a report covers, in days of the machine's time zone. */
export const periods = ["today", "7d", "30d", "all"] as const;
export type Period = (typeof periods)[number];

/** What the report groups by, a table each. */
export const reportGroupings = ["model", "route", "task", "cache", "day"] as const;
export type ReportGrouping = (typeof reportGroupings)[number];
