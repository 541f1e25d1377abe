import * as z from "zod";
import type { ChatEvent, Problem, Receipt } from "./editor.ts";
import { chatMessageSchema, problemSchema } from "./editor.ts";
import type { ExperimentReport } from "./experiments.ts";
import type { LearnedReport } from "./learned.ts";
import { maxConversationTurns, type Period, periods, type ReportGrouping } from "./pages.ts";
import type { Stats } from "./stats.ts";
import { type Trace, tasks } from "./trace.ts";

/**
 * What the three webviews and their hosts in the extension say to each other. What a webview sends is validated by its
 * host; what a host sends is ours and is only typed, so that no page carries a validator.
 */
const id = z.string().min(1).max(100);

/** The ways out of a state that a person can't leave by waiting; the host maps each to a command. */
export const wayOutSchema = z.enum([
  "open-config",
  "pull-model",
  "install-engine",
  "set-api-key",
  "show-log",
  "restart-daemon",
  "open-chat",
]);
export type WayOut = z.infer<typeof wayOutSchema>;
// Every action of a problem is a way out: this line stops compiling when one is not.
const _actions = problemSchema.shape.action.unwrap().options satisfies readonly WayOut[];
void _actions;

/** Where the window stands with the daemon, as a page shows it. */
export interface Link {
  readonly kind: "starting" | "ready" | "no-model" | "config-fault" | "stopped";
  /** What is going on or wrong; empty when ready. */
  readonly message: string;
  readonly problems: readonly Problem[];
  /** A question may be asked: there is a model, or the daemon is on its way. */
  readonly able: boolean;
}

const common = [
  /** The page has loaded and shows nothing yet: the host sends all that it needs. */
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("act"), action: wayOutSchema }),
  z.object({ type: z.literal("copy"), text: z.string().max(4_000_000) }),
] as const;

/** The host's answer to `copy`, in the order of asking. */
export interface Copied {
  readonly type: "copied";
  readonly ok: boolean;
}

// ─── Chat ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export const chatFromPage = z.discriminatedUnion("type", [
  ...common,
  z.object({
    type: z.literal("send"),
    id,
    session: id,
    model: z.string().max(500),
    messages: z
      .array(chatMessageSchema)
      .min(1)
      .max(2 * maxConversationTurns),
    /** A model shall be asked, also where the answer is remembered. */
    fresh: z.boolean(),
    /** What the person named: a slash command. */
    task: z.enum(tasks).nullable(),
    /** The answer that wasn't good enough, so that it is asked again: by its trace. */
    again: z.object({ trace: id, signal: z.enum(["retried", "escalated"]) }).nullable(),
  }),
  /** The answer of this trace came from memory and isn't what was asked. */
  z.object({ type: z.literal("not-asked"), trace: id }),
  z.object({ type: z.literal("stop"), id }),
  /** Chooses who answers from now on; kept in the editor's settings. */
  z.object({ type: z.literal("pick"), model: z.string().max(500) }),
  /** Puts text at the cursor of the editor used last. `answer`: the stream it is of; `trace`: null while that runs. */
  z.object({ type: z.literal("insert"), text: z.string().max(4_000_000), answer: id, trace: id.nullable() }),
  z.object({ type: z.literal("open-link"), url: z.string().max(8_000) }),
  z.object({ type: z.literal("attach"), what: z.enum(["file", "selection"]) }),
  z.object({ type: z.literal("detach"), id }),
  z.object({ type: z.literal("detach-all") }),
  z.object({ type: z.literal("open-context"), id }),
  z.object({ type: z.literal("show-trace"), trace: id }),
]);
export type ChatFromPage = z.infer<typeof chatFromPage>;

/** A model as the picker lists it. */
export interface ModelChoice {
  readonly id: string;
  /** What stands beside the name: where it runs, and that it is down. */
  readonly note: string;
}

/** A file, or some lines of one, that goes with each question until it is removed. */
export interface Chip {
  readonly id: string;
  readonly label: string;
  /** The whole path, and what was cut. */
  readonly detail: string;
  /** Why this one is not sent; null when it is. */
  readonly denied: string | null;
}

/** The editor used last, as something that could be attached; null lines when nothing is selected. */
export interface EditorHint {
  readonly label: string;
  readonly lines: string | null;
}

/** An answer that ran, or ended, while the page was hidden: told again from its start. */
export interface Resumed {
  readonly id: string;
  readonly model: string | null;
  readonly reason: string | null;
  readonly waiting: string | null;
  readonly text: string;
  readonly reasoning: string;
  readonly end: ChatEnd | null;
}

/** How an answer ended: with the daemon's receipt, or with a sentence when there was none to ask. */
export type ChatEnd =
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  /** Stopped before the daemon said what it took. */
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly message: string; readonly action: WayOut | null };

export type ChatToPage =
  | { readonly type: "link"; readonly link: Link; readonly models: readonly ModelChoice[] }
  | { readonly type: "chips"; readonly chips: readonly Chip[] }
  | { readonly type: "editor"; readonly hint: EditorHint | null }
  /** Answers to `ready`; one that the page thinks is running and that is not here was cut off by a reload. */
  | { readonly type: "resume"; readonly answers: readonly Resumed[] }
  | { readonly type: "event"; readonly id: string; readonly event: ChatEvent["event"] }
  | { readonly type: "end"; readonly id: string; readonly end: ChatEnd }
  | { readonly type: "pick"; readonly model: string }
  | { readonly type: "new" }
  /** A command asks: sent as if it was typed, or left in the composer where it can't be sent now. */
  | { readonly type: "ask"; readonly question: string }
  | { readonly type: "focus" };

// ─── Request Timings ────────────────────────────────────────────────────────────────────────────────────────────────

export const timingsFromPage = z.discriminatedUnion("type", [...common, z.object({ type: z.literal("refresh") })]);
export type TimingsFromPage = z.infer<typeof timingsFromPage>;

export type TimingsToPage =
  | { readonly type: "link"; readonly link: Link }
  /** All that is listed, newest first. */
  | { readonly type: "traces"; readonly traces: readonly Trace[] }
  /** Some that began, changed or ended. */
  | { readonly type: "changed"; readonly traces: readonly Trace[] }
  | { readonly type: "select"; readonly trace: string };

// ─── Routing Stats ──────────────────────────────────────────────────────────────────────────────────────────────────

export const statsFromPage = z.discriminatedUnion("type", [
  ...common,
  z.object({ type: z.literal("period"), period: z.enum(periods) }),
  z.object({ type: z.literal("refresh") }),
  /** Forgets what was learned, once the person has confirmed it. */
  z.object({ type: z.literal("reset-learned") }),
]);
export type StatsFromPage = z.infer<typeof statsFromPage>;

export interface Report {
  readonly period: Period;
  /** The first day in it, in the machine's time zone; null: since the first request. */
  readonly from: string | null;
  /** ISO 8601, when it was made. */
  readonly at: string;
  readonly by: Readonly<Record<ReportGrouping, Stats>>;
  /** Since it was last reset, whatever the period. */
  readonly learned: LearnedReport;
  /** Those that are configured: over all of their requests, whatever the period. */
  readonly experiments?: readonly ExperimentReport[];
}

export type StatsToPage =
  | { readonly type: "link"; readonly link: Link }
  | { readonly type: "report"; readonly report: Report }
  | { readonly type: "fault"; readonly message: string };
