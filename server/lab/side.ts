import type { Model, ModelId } from "../domain/model.ts";
import { firstModel, type Plan } from "../domain/plan.ts";
import { decide } from "../logic/routing/decide.ts";
import type { Features } from "../logic/routing/features.ts";
import type { Snapshot } from "../logic/routing/snapshot.ts";
import { costNanos } from "../logic/usage/price.ts";
import type { Trace, Usage } from "../protocol/trace.ts";

/** Conversations whose last model is known at once, as in the daemon. */
const mostConversations = 2_000;

/** Who would answer one request. */
export interface Choice {
  readonly model: Model;
  /** Who would have answered last in its conversation; null: it begins, or its provider has forgotten it. */
  readonly last: ModelId | null;
  /** A judge would be asked, and what it would say isn't known. */
  readonly undecided: boolean;
}

/** One of the two policies that are compared, as it goes through the requests in their order. */
export class Side {
  readonly snapshot: Snapshot;
  /** Who answered last in each conversation under this policy: it isn't who did in truth. */
  readonly #last = new Map<string, ModelId>();

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  /** As a sentence: it would be refused. */
  choose(f: Features, trace: Trace): Choice | string {
    // Whether the provider still had the conversation is as recorded; who that provider is follows from this policy.
    const conversation = followed(f);
    const last = f.last === null || conversation === null ? f.last : (this.#last.get(conversation) ?? f.last);
    const decided = decide(last === f.last ? f : { ...f, last }, this.snapshot);
    if ("fault" in decided) return decided.fault.message;
    const { plan, route } = decided.ok;
    const asked = plan.do === "gate" ? judged(plan, trace) : undefined;
    const id = asked ?? decided.ok.model;
    const goesOn = trace.status === "ok" && f.kind === "chat" && route !== "meta"; // as the daemon remembers it
    if (conversation !== null && goesOn) this.#remember(conversation, id);
    return { model: this.snapshot.byId.get(id)!, last, undecided: asked === null };
  }

  #remember(conversation: string, model: ModelId): void {
    this.#last.delete(conversation);
    this.#last.set(conversation, model);
    if (this.#last.size > mostConversations) this.#last.delete(this.#last.keys().next().value!);
  }
}

/** What a trace's conversation is told by: its session. Null: how it began is in no trace, and who answered last is as recorded. */
export const followed = ({ client, session }: Pick<Features, "client" | "session">): string | null =>
  session === null ? null : `${client} ${session}`;

/** Whom a judge's verdict chooses, where one was asked then and chose one of these; null: nobody knows. */
function judged(plan: Extract<Plan, { do: "gate" }>, { decision }: Trace): ModelId | null {
  if (decision?.stage !== "judge") return null;
  const candidates = [plan.on.simple, plan.on.complex].map(firstModel);
  return candidates.includes(decision.model) ? decision.model : null;
}

/**
 * What the recorded usage costs on the chosen model, in nano-dollars; null: its price isn't known. What was read from a
 * provider's cache counts as cached only where that provider would have it: the model is the one that answered last here, or
 * all of it is as it was then. Else it is read anew.
 */
export function pricedOn({ model, last }: Choice, usage: Usage, f: Features, recorded: ModelId | null): number | null {
  const kept = model.id === last || (model.id === recorded && last === f.last);
  return costNanos(kept || usage.cachedInput === 0 ? usage : { ...usage, cachedInput: 0 }, model.prices);
}
