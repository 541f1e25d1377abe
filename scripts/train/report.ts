/** The table of the dev items: the classifier beside what it must beat. */
import { apgr, auc, cpt, ece, stratified } from "./metrics.ts";

export interface Judged {
  readonly name: string;
  readonly scores: Float64Array;
  /** Whether its scores are meant as probabilities. */
  readonly calibrated?: true;
}

export interface Outcomes {
  readonly gains: Float64Array;
  readonly sources: readonly string[];
}

const cell = (value: number, digits: number): string => value.toFixed(digits).padStart(8);

export function tableOf(judged: readonly Judged[], { gains, sources }: Outcomes): string {
  const needed = gains.map((gain) => Math.max(0, gain));
  const positive = Uint8Array.from(gains, (gain) => (gain > 0 ? 1 : 0));
  const head = ["pooled", "plain", "by n", "CPT50", "CPT80", "AUC", "ECE"].map((name) => name.padStart(8)).join("");
  const lines = judged.map(({ name, scores, calibrated }) => {
    const within = stratified(scores, gains, sources);
    return [
      name.padEnd(24),
      cell(apgr(scores, gains), 4),
      cell(within.plain, 4),
      cell(within.weighted, 4),
      cell(cpt(scores, gains, 0.5), 1),
      cell(cpt(scores, gains, 0.8), 1),
      cell(auc(scores, positive), 3),
      calibrated ? cell(ece(scores, needed), 4) : "       –",
    ].join("");
  });
  return [`${"".padEnd(24)}${head}`, ...lines].join("\n");
}
