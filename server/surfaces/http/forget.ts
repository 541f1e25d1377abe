import { fault } from "../../domain/fault.ts";
import type { Forget } from "../../domain/memory.ts";
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
      which = whichOf(parsed.data);
    } catch (e) {
      if (!(e instanceof RangeError)) throw e;
      return sendFault(res, fault("bad_request", `since and before must be times: ${e.message}`));
    }
    sendJson(res, 200, { answers: deps.forget(which) });
  };
}

/** Throws a RangeError for a bad time. */
const whichOf = ({ since, before, workspace, trace }: ForgetBody): Forget => ({
  ...(since === undefined ? {} : { since: parseTime(since, "start") }),
  ...(before === undefined ? {} : { before: parseTime(before, "start") }),
  ...(workspace === undefined ? {} : { workspace }),
  ...(trace === undefined ? {} : { trace }),
});
