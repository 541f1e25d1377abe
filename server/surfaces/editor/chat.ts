import type { Event } from "../../domain/event.ts";
import type { Fault } from "../../domain/fault.ts";
import type { Request } from "../../domain/request.ts";
import { newId } from "../../kit/ids.ts";
import type { ChatEvent, Params, Receipt } from "../../protocol/editor.ts";
import type { TraceError } from "../../protocol/trace.ts";
import { answer } from "./answer.ts";
import { denied, pathOf } from "./paths.ts";
import { chatMessages } from "./prompt.ts";
import { bareReceipt, receiptOf } from "./receipt.ts";
import type { Cancellation, Window } from "./window.ts";

/**
 * Answers a question in `chatEvent` notices, and returns what it took. A denied file ends the request before any model
 * sees it, with a trace that names the rule and a message that names the file.
 */
export async function chat(window: Window, params: Params<"chat">, token: Cancellation): Promise<Receipt> {
  const { clock, gateway, ledger } = window.deps;
  const paths = params.context.map((item) => pathOf(item.path));
  const refusals = paths.flatMap((path) => denied(gateway, path) ?? []);
  const context = params.context.filter((_, i) => denied(gateway, paths[i]!) === null);
  const texts = [...params.messages.map((m) => m.content), ...context.map((item) => item.text)];
  const atMs = clock.wall();
  const request: Request = {
    id: newId(atMs),
    kind: "chat",
    stream: true,
    origin: {
      surface: "editor",
      wire: "editor",
      client: "editor",
      workspace: params.workspace,
      session: params.session,
      atMs,
    },
    wishes: {
      model: params.model,
      ...(params.task ? { task: params.task } : {}),
      ...(params.fresh ? { cache: "no-cache" as const } : {}),
      sampling: {},
      needs: [],
    },
    egress: gateway.privacy(paths, texts),
    editor: {
      language: context[0]?.language ?? null,
      selectionChars: params.selectionChars ?? 0,
      files: context.length,
      errors: params.errors ?? 0,
    },
    prompt: { kind: "chat", messages: chatMessages({ ...params, context }), tools: [] },
  };

  let shown = "";
  const tell = (event: ChatEvent["event"]) => window.notify("chatEvent", { id: params.id, event });
  const onEvent = (event: Event): Promise<void> | void => {
    switch (event.type) {
      case "decision":
        shown = event.decision.model;
        return tell({ type: "model", model: shown, reason: event.decision.reason });
      case "start":
        if (event.model === shown) return;
        shown = event.model;
        return tell({ type: "model", model: shown, reason: "the model chosen first did not answer" });
      case "waiting":
        return tell({ type: "waiting", why: event.why });
      case "text":
      case "reasoning":
        return tell({ type: event.type, text: event.text });
      case "first":
      case "usage":
      case "done":
      case "error":
      case "bytes": // only for a request that came with a body
      case "tool-call": // no tools were offered
      case "vectors": // none were asked for
        return;
    }
  };

  const end = await answer(window, request, token, onEvent);
  const trace = await ledger.trace(request.id);
  const status = end.cancelled ? "cancelled" : end.fault ? "error" : "ok";
  const error = end.fault && !end.cancelled ? errorOf(end.fault) : null;
  const known = trace ? receiptOf(trace) : bareReceipt(request.id, status, end.elapsedMs, error);
  const receipt = error && known.error ? { ...known, error } : known;
  if (receipt.error && refusals.length > 0)
    return { ...receipt, error: { ...receipt.error, message: refusals.join(". ") } };
  return receipt;
}

/** A key that is missing or refused is the person's to mend, whoever said so. */
const errorOf = (f: Fault): TraceError => ({ code: f.needs === "key" ? "unauthorized" : f.code, message: f.message });
