import type { Meter } from "../../server/protocol/stats.ts";
import type { SessionState } from "../session.ts";
import { dollars } from "./money.ts";

/** What the status bar shows, as data. */
export interface Status {
  readonly text: string;
  /** Markdown. */
  readonly tooltip: string;
  /** What a click does; null: nothing is to be done but wait. */
  readonly command: string | null;
  readonly severity: "none" | "warning" | "error";
}

/** The status bar's entry for a state, with the way out on click. `completion` is what the last suggestion came to. */
export function statusOf(state: SessionState, completion: string | null): Status {
  switch (state.kind) {
    case "starting":
      return {
        text: "$(loading~spin) Switchyard",
        tooltip: `${plain(state.what)}…`,
        command: null,
        severity: "none",
      };
    case "ready": {
      const { meter, models, problems, version } = state.daemon;
      const lines = [
        ...meterLines(meter),
        `${count(models.length, "model")} · daemon ${plain(version)}`,
        ...problems.map((p) => `$(warning) ${plain(p.message)}`),
        ...(completion ? [`Last suggestion: ${plain(completion)}`] : []),
        "Click for the statistics.",
      ];
      return {
        text: `$(pulse) ${dollars(meter.spentNanos, meter.estimated)} · ${dollars(meter.savedNanos, meter.estimated)} saved`,
        tooltip: lines.join("\n\n"),
        command: "switchyard.stats",
        severity: problems.length > 0 ? "warning" : "none",
      };
    }
    case "no-model":
      return {
        text: "$(warning) Switchyard: no model",
        tooltip: `${plain(state.problem.message)}\n\nClick to get one.`,
        command: "switchyard.wayOut",
        severity: "warning",
      };
    case "config-fault":
      return {
        text: "$(error) Switchyard: configuration",
        tooltip: `${plain(state.message)}\n\n${state.daemon ? "The last good configuration stays in force. " : ""}Click to open it.`,
        command: "switchyard.openConfiguration",
        severity: "error",
      };
    case "stopped":
      return {
        text: "$(error) Switchyard: stopped",
        tooltip: `${plain(state.reason)}\n\nClick to see what to do.`,
        command: "switchyard.wayOut",
        severity: "error",
      };
  }
}

function meterLines(meter: Meter): string[] {
  const lines = [
    `**Today** (${plain(meter.day)}): ${count(meter.requests, "request")}${meter.running > 0 ? `, ${meter.running} running` : ""}`,
    `Spent ${dollars(meter.spentNanos)}, saved ${dollars(meter.savedNanos)} against the baseline model`,
  ];
  if (meter.recalled > 0) {
    const saved = meter.recalledSavedNanos;
    const money = saved > 0 ? `, ${dollars(saved, true)} saved by ${meter.recalled === 1 ? "it" : "them"}` : "";
    lines.push(`${count(meter.recalled, "answer")} from memory today${money}`);
  }
  if (meter.estimated) lines.push("≈ Part of this is an estimate.");
  if (meter.unknownCost > 0)
    lines.push(`${count(meter.unknownCost, "request")} of unknown cost (no price known) not counted`);
  return lines;
}

const count = (n: number, what: string): string => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
const plain = (text: string): string => text.replace(/[\\`*_{}[\]()#+!|<>~$]/g, "\\$&");
