import type { Ability } from "../../domain/model.ts";
import { charsOf, type Request, textOf } from "../../domain/request.ts";
import type { Kind, Route, Task, Verdict } from "../../protocol/trace.ts";
import { tokensOfChars } from "../usage/estimate.ts";
import { type Signs, signsOf } from "./signs.ts";
import { recogniseTask } from "./task.ts";

/** All that deciding may look at. It holds no text, so that it can be stored and replayed. */
export interface Features {
  readonly id: string;
  readonly kind: Kind;
  readonly stream: boolean;
  readonly named: string;
  readonly quality: number | null;
  readonly task: Task;
  readonly route: Route | null;
  readonly client: string;
  readonly workspace: string | null;
  readonly verdict: Verdict;
  readonly rule: string;
  readonly needs: readonly Ability[];
  readonly messages: number;
  readonly chars: number;
  /** Tokens that must fit the context window: the prompt, estimated, and the answer that was asked for. */
  readonly tokens: number;
  readonly signs: Signs;
}

/** Only so much of a long message is looked at: its beginning and its end. */
const headChars = 2000;
const tailChars = 1000;

export const sample = (text: string): string =>
  text.length <= headChars + tailChars ? text : `${text.slice(0, headChars)}\n${text.slice(-tailChars)}`;

export function featuresOf(q: Request): Features {
  const { prompt } = q;
  const chars = charsOf(prompt);
  const messages = prompt.kind === "chat" ? prompt.messages : [];
  const last = messages.findLast((m) => m.role === "user");
  const asked = sample(last ? textOf(last.content) : "");
  const system = messages[0]?.role === "system" ? textOf(messages[0].content).slice(0, headChars) : "";
  return {
    id: q.id,
    kind: q.kind,
    stream: q.stream,
    named: q.wishes.model,
    quality: q.wishes.quality ?? null,
    task:
      q.wishes.task ??
      (prompt.kind === "fill"
        ? "completion"
        : recogniseTask(asked, system, prompt.kind === "chat" && prompt.tools.length > 0)),
    route: q.wishes.route ?? null,
    client: q.origin.client,
    workspace: q.origin.workspace,
    verdict: q.egress.verdict,
    rule: q.egress.rule,
    needs: q.wishes.needs,
    messages: messages.length,
    chars,
    tokens: tokensOfChars(chars) + (q.wishes.sampling.maxTokens ?? 0),
    signs: signsOf(asked, last ? textOf(last.content).length : 0),
  };
}
