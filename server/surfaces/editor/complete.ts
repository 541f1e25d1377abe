import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Request } from "../../domain/request.ts";
import { newId } from "../../kit/ids.ts";
import { whyNotAsk } from "../../logic/completion/ask.ts";
import { shape } from "../../logic/completion/shape.ts";
import { show } from "../../logic/completion/show.ts";
import { surroundings } from "../../logic/completion/surroundings.ts";
import type { Params, Result } from "../../protocol/editor.ts";
import { answer } from "./answer.ts";
import { denied, pathOf } from "./paths.ts";
import type { Cancellation, Window } from "./window.ts";

const none = (reason: string, trace: string | null = null): Result<"complete"> => ({ text: null, reason, trace });

/** Ghost text at a position of a synchronised document, or the reason why there is none. */
export async function complete(
  window: Window,
  document: TextDocument | undefined,
  params: Params<"complete">,
  token: Cancellation,
): Promise<Result<"complete">> {
  const { clock, gateway } = window.deps;
  if (!document) return none("the document is not open in this window");
  const path = pathOf(params.uri);
  const refused = denied(gateway, path);
  if (refused) return none(refused);

  const at = surroundings(document.getText(), document.offsetAt(params.position), document.languageId);
  const reason = whyNotAsk(at, params.automatic);
  if (reason) return none(reason);

  const { prompt, sampling, held } = shape(at);
  const atMs = clock.wall();
  const request: Request = {
    id: newId(atMs),
    kind: "completion",
    stream: true,
    origin: { surface: "editor", wire: "editor", client: "editor", workspace: params.workspace, session: null, atMs },
    wishes: { model: "switchyard/auto", task: "completion", sampling, needs: [] },
    egress: gateway.privacy([path], [at.before, at.after]),
    prompt,
  };
  let text = "";
  const end = await answer(window, request, token, (event) => {
    if (event.type === "text") text += event.text;
  });
  if (end.cancelled) return none("cancelled", request.id);
  if (end.fault) return none(end.fault.message, request.id);
  const shown = show(text, at, held);
  return "text" in shown ? { text: shown.text, reason: null, trace: request.id } : none(shown.reason, request.id);
}
