import { fault } from "../../domain/fault.ts";
import { type Forget, whichOf } from "../../domain/memory.ts";
import { parseTime } from "../../io/ledger/day.ts";
import { type ForgetBody, forgetBodySchema } from "../../protocol/admin.ts";
import { parseBody, readBody } from "./body.ts";
import { type Handler, type HttpDeps, isFault, sendFault, sendJson } from "./context.ts";

const maxBytes = 10_000;

/** `POST /admin/forget`: empties what is remembered, by time, workspace or trace. */
export function forgetHandler(deps: HttpDeps): Handler {
  return async (req, res) => {
    const bytes = await readBody(req, maxBytes);
    if (isFault(bytes)) return sendFault(res, bytes);
    const body = parseBody(bytes);
    if (isFault(body)) return sendFault(res, body);
    const parsed = forgetBodySchema.safeParse(body.json);
    if (!parsed.success || Object.keys(parsed.data).length === 0)
      return sendFault(
        res,
        fault("bad_request", 'Say what to forget: "since", "before", "workspace", "trace", or "all": true.'),
      );
    let which: Forget;
    try {
      which = forgetOf(parsed.data);
    } catch (e) {
      if (!(e instanceof RangeError)) throw e;
      return sendFault(res, fault("bad_request", `since and before must be times: ${e.message}`));
    }
    sendJson(res, 200, { answers: deps.forget(which) });
  };
}

/** Throws a RangeError for a bad time. */
export const forgetOf = ({ since, before, workspace, trace }: ForgetBody): Forget =>
  whichOf({
    since: since === undefined ? null : parseTime(since, "start"),
    before: before === undefined ? null : parseTime(before, "start"),
    workspace: workspace ?? null,
    trace: trace ?? null,
  });
