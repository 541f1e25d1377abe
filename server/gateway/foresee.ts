import { type Fault, fault } from "../domain/fault.ts";
import { type Message, type Request, textOf } from "../domain/request.ts";
import { decide } from "../logic/routing/decide.ts";
import { explain } from "../logic/routing/explain.ts";
import { featuresOf } from "../logic/routing/features.ts";
import type { Read } from "../logic/routing/reading.ts";
import type { Snapshot } from "../logic/routing/snapshot.ts";
import { readChat, readNeeds } from "../logic/wires/openai-request.ts";
import { type RouteFault, type RouteItem, type RouteLine, routeItemSchema } from "../protocol/route.ts";
import type { Gateway } from "./gateway.ts";

export interface ForeseeDeps {
  readonly snapshot: () => Snapshot;
  readonly read: Read;
  readonly privacy: Gateway["privacy"];
  /** Milliseconds, to tell how long deciding took. */
  readonly now: () => number;
  /** The models are the built-in pair: none is named. */
  readonly builtin: boolean;
}

/** `explained`: with the table behind the decision. */
export type Foresee = (json: unknown, explained?: boolean) => RouteLine | RouteFault;

export const isRouteFault = (line: object): line is RouteFault => "error" in line;

/** What would be decided for an item: nothing is sent, and no trace is written. */
export function foreseeing(deps: ForeseeDeps): Foresee {
  return (json, explained = false) => {
    const item = itemOf(json);
    if (isRouteFault(item)) return item;
    const begun = deps.now();
    const f = featuresOf(requestOf(item, deps.privacy), deps.read, null);
    const snapshot = deps.snapshot();
    const decided = decide(f, snapshot);
    const us = Math.round((deps.now() - begun) * 10_000) / 10;
    const more = explained ? { explanation: explain(f, snapshot, decided) } : {};
    if ("fault" in decided) return { ...faultLine(item.id, decided.fault), ...more };
    const { route, model, difficulty, task, score, confidence, reason, stage } = decided.ok;
    return {
      id: item.id,
      route,
      model: deps.builtin ? null : model,
      tier: snapshot.byId.get(model)!.tier,
      difficulty,
      task,
      score,
      confidence,
      reason,
      stage,
      us,
      ...more,
    };
  };
}

/** An item as it came, or what is wrong with it, under its own id where it has one. */
function itemOf(json: unknown): RouteItem | RouteFault {
  const parsed = routeItemSchema.safeParse(json);
  if (!parsed.success) return faultLine(idOf(json), fault("bad_request", `${inWords(parsed.error.issues[0])}.`));
  const { prompt, messages } = parsed.data;
  if ((prompt == null) === (messages == null))
    return faultLine(parsed.data.id, fault("bad_request", 'Say either "prompt" or "messages".'));
  return parsed.data;
}

export const faultLine = (id: string | number | null, { code, message }: Fault): RouteFault => ({
  id,
  error: { code, message },
});

function idOf(json: unknown): string | number | null {
  const id = typeof json === "object" && json !== null && "id" in json ? json.id : null;
  return typeof id === "string" || typeof id === "number" ? id : null;
}

const inWords = (issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined): string =>
  issue && issue.path.length > 0
    ? `"${issue.path.join(".")}": ${issue.message}`
    : 'Each must be a JSON object such as {"id":1,"prompt":"…"}';

/** As the request would come over HTTP. Its id is the chance that the learner draws by. */
export function requestOf(item: RouteItem, privacy: Gateway["privacy"]): Request {
  const tools = typeof item.tools === "boolean" ? item.tools : (item.tools?.length ?? 0) > 0;
  const model = item.model ?? "switchyard/auto";
  const spoken = item.messages && { model, messages: item.messages };
  const messages: readonly Message[] = spoken
    ? readChat(spoken).messages
    : [{ role: "user", content: item.prompt ?? "" }];
  const needs = spoken ? readNeeds(spoken) : [];
  return {
    id: String(item.id),
    kind: "chat",
    stream: true,
    origin: { surface: "cli", wire: "openai.chat", client: "default", workspace: null, session: null, atMs: 0 },
    wishes: {
      model,
      sampling: {},
      needs: tools ? ["tools", ...needs] : needs,
      ...(item.quality == null ? {} : { quality: item.quality }),
      ...(item.task === null ? {} : { task: item.task }),
    },
    egress: privacy(
      [],
      messages.map((m) => textOf(m.content)),
    ),
    prompt: { kind: "chat", messages, tools: tools ? [{ name: "" }] : [] },
  };
}
