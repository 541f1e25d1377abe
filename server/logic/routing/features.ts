import type { Ability } from "../../domain/model.ts";
import { charsOf, type Request, textOf } from "../../domain/request.ts";
import type { Kind, Task, TraceFeatures, Verdict } from "../../protocol/trace.ts";
import { tokensOfChars } from "../usage/estimate.ts";
import type { Read } from "./reading.ts";

/** All that deciding may look at. It holds no text, so that it can be stored and replayed. */
export interface Features extends Omit<TraceFeatures, "needs"> {
  readonly needs: readonly Ability[];
  readonly id: string;
  readonly kind: Kind;
  readonly stream: boolean;
  readonly task: Task;
  readonly client: string;
  readonly workspace: string | null;
  readonly session: string | null;
  readonly verdict: Verdict;
  readonly rule: string;
  readonly messages: number;
  readonly chars: number;
}

/** `read` tells what the prompt's text says; `last`: the model that answered last in this conversation. */
export function featuresOf(q: Request, read: Read, last: string | null): Features {
  const { prompt, wishes, origin, egress } = q;
  const chars = charsOf(prompt);
  const messages = prompt.kind === "chat" ? prompt.messages : [];
  const asked = messages.findLast((m) => m.role === "user");
  const text = asked ? textOf(asked.content) : "";
  const historyChars = chars - text.length;
  const { task, estimate } = read({
    text,
    system: messages[0]?.role === "system" ? textOf(messages[0].content) : "",
    task: wishes.task ?? (prompt.kind === "fill" ? "completion" : null),
    tools: prompt.kind === "chat" && prompt.tools.length > 0,
    messages: messages.length,
    historyChars,
    editor: q.editor ?? null,
  });
  const maxTokens = wishes.sampling.maxTokens ?? null;
  const { weak, strong, score, novelty } = estimate;
  return {
    id: q.id,
    kind: q.kind,
    stream: q.stream,
    named: wishes.model,
    quality: wishes.quality ?? null,
    task,
    route: wishes.route ?? null,
    client: origin.client,
    workspace: origin.workspace,
    session: origin.session,
    verdict: egress.verdict,
    rule: egress.rule,
    needs: wishes.needs,
    messages: messages.length,
    chars,
    tokens: tokensOfChars(chars) + (maxTokens ?? 0),
    maxTokens,
    history: messages.length > 1 ? tokensOfChars(historyChars) : 0,
    last: messages.length > 1 ? last : null,
    weak,
    strong,
    score,
    novelty,
  };
}

/** The part of the features that a trace has nowhere else. */
export function storable(f: Features): TraceFeatures {
  const { named, quality, route, needs, tokens, maxTokens, history, last } = f;
  return {
    named,
    quality,
    route,
    needs: [...needs],
    tokens,
    maxTokens,
    history,
    last,
    weak: four(f.weak),
    strong: four(f.strong),
    score: four(f.score),
    novelty: four(f.novelty),
  };
}

/** As the ledger keeps a probability: what is learned of a running request is what is learned of it after a restart. */
export const four = (p: number): number => Math.round(p * 1e4) / 1e4;
