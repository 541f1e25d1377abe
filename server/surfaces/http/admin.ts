import { fault } from "../../domain/fault.ts";
import { type Grouping, groupings } from "../../protocol/stats.ts";
import { routes, statuses } from "../../protocol/trace.ts";
import { type Handler, type HttpDeps, sendFault, sendJson, urlOf } from "./context.ts";

const maxLimit = 1000;

/** `GET /admin/traces` and `/admin/traces/:id`. */
export function tracesHandler(deps: HttpDeps): Handler {
  return (req, res) => {
    const url = urlOf(req);
    const id = url.pathname.slice("/admin/traces".length).replace(/^\//, "");
    if (id !== "") {
      const trace = deps.ledger.trace(id);
      if (trace) return sendJson(res, 200, trace);
      return sendFault(
        res,
        fault(
          "bad_request",
          `There is no trace "${id.slice(0, 60)}": it was never there, or retention has removed it.`,
          { status: 404 },
        ),
      );
    }
    const limit = Number(url.searchParams.get("limit") ?? 100);
    if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit)
      return sendFault(res, fault("bad_request", `limit must be a whole number from 1 to ${maxLimit}.`));
    const status = url.searchParams.get("status");
    if (status !== null && !(statuses as readonly string[]).includes(status))
      return sendFault(res, fault("bad_request", `status must be one of ${statuses.join(", ")}.`));
    const route = url.searchParams.get("route");
    if (route !== null && !(routes as readonly string[]).includes(route))
      return sendFault(res, fault("bad_request", `route must be one of ${routes.join(", ")}.`));
    const after = url.searchParams.get("after");
    const model = url.searchParams.get("model");
    const query = {
      limit,
      ...(after === null ? {} : { after }),
      ...(status === null ? {} : { status }),
      ...(model === null ? {} : { model }),
      ...(route === null ? {} : { route }),
    };
    sendJson(res, 200, deps.ledger.traces(query));
  };
}

/** `GET /admin/stats`: sums and percentiles, grouped. */
export function statsHandler(deps: HttpDeps): Handler {
  return async (req, res) => {
    const url = urlOf(req);
    const by = url.searchParams.get("by") ?? "model";
    if (!(groupings as readonly string[]).includes(by))
      return sendFault(res, fault("bad_request", `by must be one of ${groupings.join(", ")}.`));
    const from = url.searchParams.get("from");
    const to = url.searchParams.get("to");
    try {
      sendJson(res, 200, await deps.ledger.stats({ from, to, by: by as Grouping }));
    } catch (e) {
      if (!(e instanceof RangeError)) throw e;
      sendFault(res, fault("bad_request", `from and to must be times: ${e.message}`));
    }
  };
}
