import type { Explanation } from "../../protocol/route.ts";
import { candidates, type Decided, whyNot } from "./decide.ts";
import type { Features } from "./features.ts";
import { lambdaOf, mu, termOf, weigh } from "./policy.ts";
import type { Snapshot } from "./snapshot.ts";
import { bandOf, learnedScore, qualityBy, strategyFor } from "./strategies.ts";

/** The table behind a decision, from the same functions that made it. */
export function explain(f: Features, s: Snapshot, decided: Decided): Explanation {
  const strategy = strategyOf(f, s, decided);
  const wished = f.named === "switchyard/best" ? 1 : (f.quality ?? s.quality);
  const quality = qualityBy(strategy, wished, f.task);
  const lambda = lambdaOf(quality);
  const { eligible } = candidates(f, s);
  const best = eligible.length === 0 ? null : weigh(eligible, f, s, quality).best.model;
  const chosen = "ok" in decided ? decided.ok.model : null;
  return {
    task: f.task,
    weak: f.weak,
    strong: f.strong,
    needed: f.score,
    novelty: f.novelty,
    score: learnedScore(f, s),
    strategy,
    quality,
    band: bandOf(s, quality),
    lambda,
    mu,
    models: s.models.map((m) => {
      const { expected, learned, usd, assumed, switchUsd, seconds, value } = termOf(m, f, s, lambda, true);
      return {
        model: m.id,
        tier: m.tier,
        whyNot: eligible.includes(m) ? null : s.answering.includes(m) ? whyNot(m, f, s) : "it is the judge alone",
        standing: s.standing.get(m.id) ?? 0,
        expected,
        learned,
        usd,
        assumed,
        switchUsd,
        seconds,
        value,
        best: m === best,
        chosen: m.id === chosen,
      };
    }),
  };
}

/** That of the experiment's arm that decided, or the one that decides without any. */
function strategyOf(f: Features, s: Snapshot, decided: Decided): Snapshot["routing"]["strategy"] {
  const arm = "ok" in decided ? decided.ok.arm : null;
  const trial = arm && s.trials.find((t) => t.name === arm.experiment);
  return trial?.arms.find((a) => a.name === arm?.arm)?.strategy ?? strategyFor(f, s);
}
