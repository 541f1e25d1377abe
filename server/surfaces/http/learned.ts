import { fault } from "../../domain/fault.ts";
import { feedbackRequestSchema } from "../../protocol/learned.ts";
import { signals } from "../../protocol/trace.ts";
import { parseBody, readBody } from "./body.ts";
import { type Handler, type HttpDeps, isFault, sendFault, sendJson } from "./context.ts";

const maxBytes = 10_000;

/** `GET /admin/learned`: what was learned, per task and model. */
export const learnedHandler =
  (deps: HttpDeps): Handler =>
  (_req, res) =>
    sendJson(res, 200, deps.learning.report());

/** `DELETE /admin/learned`: what was done until now counts no more. Answers with what is left. */
export const resetLearnedHandler =
  (deps: HttpDeps): Handler =>
  (_req, res) => {
    deps.learning.reset();
    sendJson(res, 200, deps.learning.report());
  };

/** `POST /admin/feedback`: what a person did with the answer of a trace. */
export function feedbackHandler(deps: HttpDeps): Handler {
  return async (req, res) => {
    const bytes = await readBody(req, maxBytes);
    if (isFault(bytes)) return sendFault(res, bytes);
    const body = parseBody(bytes);
    if (isFault(body)) return sendFault(res, body);
    const parsed = feedbackRequestSchema.safeParse(body.json);
    if (!parsed.success)
      return sendFault(
        res,
        fault(
          "bad_request",
          `Send {"trace": ID, "signal": SIGNAL} and nothing else. SIGNAL is one of ${signals.join(", ")}.`,
        ),
      );
    const { trace, signal } = parsed.data;
    if (deps.learning.feedback(trace, signal)) return sendJson(res, 200, { known: true });
    const gone = `There is no trace "${trace.slice(0, 60)}": it was never there, or retention has removed it.`;
    sendFault(res, fault("bad_request", gone, { status: 404 }));
  };
}
