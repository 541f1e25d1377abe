import type { Decision } from "../../domain/decision.ts";
import { type Fault, fault } from "../../domain/fault.ts";
import type { Model } from "../../domain/model.ts";
import type { Plan } from "../../domain/plan.ts";
import type { RuleConfig } from "../../protocol/config.ts";
import type { Difficulty } from "../../protocol/trace.ts";
import { hasSideEffects, mannerOf } from "./doubt.ts";
import { type Assigned, assigned } from "./experiments.ts";
import type { Features } from "./features.ts";
import { planFor } from "./plans.ts";
import { disqualified, ruleInWords } from "./qualify.ts";
import { resolveName } from "./resolve.ts";
import type { Snapshot } from "./snapshot.ts";
import { type Pick, strategies, strategyFor } from "./strategies.ts";
import { isMeta } from "./task.ts";
import { expectedMs } from "./traits.ts";

/** What deciding answers: how long it took is the caller's to add. */
export type Decided = { readonly ok: Omit<Decision, "us"> } | { readonly fault: Fault };

/** `arm`: whose strategy it was, where an experiment runs. */
type Chosen = Pick & { readonly arm?: Assigned };

/** Decides who answers. Pure: the same features and snapshot give the same decision. */
export function decide(f: Features, s: Snapshot): Decided {
  if (f.verdict === "nowhere")
    return { fault: fault("cannot", `Not sent: ${ruleInWords(f.rule)}. Leave the file out, or change privacy.deny.`) };
  if (f.route !== null && f.route !== "direct" && f.route !== "meta")
    return {
      fault: fault("cannot", `The route "${f.route}" is not there yet. Leave x-switchyard-route out, or use direct.`),
    };
  const named = resolveName(f.named, s);
  if (named.as === "fault") return { fault: named.fault };

  if (named.as === "model") {
    // Whether its context is long enough is left to the model: our count is an estimate, and its client chose it.
    const why = disqualified(named.model, f, false);
    if (why !== null)
      return {
        fault: fault("cannot", `This model cannot take the request: ${why}. Ask for another, or for switchyard/auto.`),
      };
    const others = s.routing.fallbackExplicit ? s.answering.filter((m) => disqualified(m, f) === null) : [];
    return decided(f, others, { model: named.model, stage: "override", reason: "the client asked for this model" }, s);
  }

  if (!s.routing.enabled && s.primary) return unrouted(f, s.primary, s);

  const { scope, qualified, eligible } = candidates(f, s);
  if (qualified.length === 0) return { fault: nobody(f, scope, named.as) };
  const can = (m: Model | null): boolean => m !== null && eligible.includes(m);

  const pick = (): Chosen => {
    const rule = s.routing.rules.find((r) => matches(r, f));
    const ruled = rule && s.byId.get(rule.use);
    if (rule && ruled && can(ruled)) return { model: ruled, stage: "rules", reason: `a rule for ${inWords(rule)}` };
    if (named.as === "fast")
      return { model: fastest(eligible, s), stage: "override", reason: "least expected time to the first token" };
    if ((f.route === "meta" || (f.route === null && isMeta(f.task))) && can(s.meta))
      return {
        model: s.meta!,
        stage: "rules",
        route: "meta",
        reason:
          f.route === "meta"
            ? "the client asked for this route"
            : `${f.task}: asked by the editor beside the conversation`,
      };
    if (f.kind === "completion" && named.as !== "best" && can(s.completion))
      return { model: s.completion!, stage: "rules", reason: "a completion" };
    const quality = named.as === "best" ? 1 : (f.quality ?? s.quality);
    // Only where a strategy chooses, and the client didn't say how well: else arms that do the same would be compared.
    const tried = s.trials.length > 0 && eligible.length > 1 && named.as !== "best" && f.quality === null;
    const arm = tried ? assigned(f, s.trials) : null;
    const chosen = strategies[arm?.strategy ?? strategyFor(f, s)]({
      f,
      s,
      eligible,
      quality,
      whyNot: (m) => whyNot(m, f, s),
    });
    return arm === null ? chosen : { ...chosen, arm };
  };
  return decided(f, qualified, pick(), s);
}

export interface Candidates {
  /** Those that the request may be for. */
  readonly scope: readonly Model[];
  /** Those of them that can. */
  readonly qualified: readonly Model[];
  /** Those of them that don't keep failing, until nobody else is left. */
  readonly eligible: readonly Model[];
}

export function candidates(f: Features, s: Snapshot): Candidates {
  const scope = f.named === "switchyard/local" ? s.answering.filter((m) => m.locality === "local") : s.answering;
  const qualified = scope.filter((m) => disqualified(m, f) === null);
  const standing = s.broken.size === 0 ? qualified : qualified.filter((m) => !s.broken.has(m.id));
  return { scope, qualified, eligible: standing.length > 0 ? standing : qualified };
}

/** Routing is off: the primary or nobody. */
function unrouted(f: Features, primary: Model, s: Snapshot): Decided {
  const why = disqualified(primary, f, false);
  if (why !== null)
    return {
      fault: fault(
        "cannot",
        `Routing is off, and the primary cannot take the request: ${why}. Ask for a model by name.`,
      ),
    };
  const pick: Pick = { model: primary, stage: "disabled", reason: "routing is off: everything goes to the primary" };
  return decided(f, [], pick, s);
}

/** Why a model that a score would choose is out of the question. */
export function whyNot(out: Model, f: Features, s: Snapshot): string {
  const broken = s.broken.get(out.id);
  return (
    disqualified(out, f) ??
    (broken === undefined
      ? `the client asked for a local model, and ${out.id} is in the cloud`
      : `${out.id} ${broken}, and is left alone for a while`)
  );
}

function decided(f: Features, qualified: readonly Model[], p: Chosen, s: Snapshot): Decided {
  const score = p.score ?? f.score;
  return {
    ok: {
      route: p.route ?? "direct",
      model: p.model.id,
      task: f.task,
      difficulty: difficultyOf(f.weak),
      stage: p.stage,
      score,
      confidence: p.confidence ?? 1,
      reason: p.reason,
      plan: p.plan ?? planOf(f, p.model, qualified, s),
      arm: p.arm ? { experiment: p.arm.experiment, arm: p.arm.arm } : null,
    },
  };
}

function planOf(f: Features, model: Model, qualified: readonly Model[], s: Snapshot): Plan {
  const streamed = f.stream && !hasSideEffects(f);
  // Mostly every model can: those plans are made once a snapshot.
  const plans = qualified.length === s.answering.length && s.broken.size === 0 ? s.plans.get(model.id) : undefined;
  if (plans) return streamed ? plans.streamed : plans.plain;
  return planFor(model, qualified, mannerOf(f, s));
}

/** How hard the question is for the weak model, whether or not the strong one does better. */
const difficultyOf = (weak: number): Difficulty => (weak >= 0.7 ? "simple" : weak >= 0.45 ? "medium" : "complex");

function matches({ when }: RuleConfig, f: Features): boolean {
  return (
    (when.task === undefined || when.task === f.task) &&
    (when.kind === undefined || when.kind === f.kind) &&
    (when.client === undefined || when.client === f.client) &&
    (when.workspace === undefined || when.workspace === f.workspace)
  );
}

const inWords = ({ when }: RuleConfig): string =>
  Object.entries(when)
    .map(([k, v]) => `${k} ${v}`)
    .join(", ");

function fastest(models: readonly Model[], s: Snapshot): Model {
  return models.reduce((best, m) => (expectedMs(m, s.latency) < expectedMs(best, s.latency) ? m : best));
}

function nobody(f: Features, scope: readonly Model[], as: "auto" | "local" | "fast" | "best"): Fault {
  if (scope.length === 0)
    return as === "local"
      ? fault("no_model", "No local model is configured. Add one, or ask for switchyard/auto.")
      : fault(
          "no_model",
          "No model is configured. Add a provider and a model to the configuration, or pull one with: switchyard models pull.",
        );
  const reasons = scope.slice(0, 4).map((m) => disqualified(m, f));
  return fault(
    "cannot",
    `No configured model can take this request: ${reasons.join("; ")}. Add a model that can, or change the request.`,
  );
}
