import { type Handler, type HttpDeps, sendJson } from "./context.ts";

/** `GET /admin/experiments`: each experiment's arms, and the winner where there is one. */
export function experimentsHandler(deps: HttpDeps): Handler {
  return async (_req, res) => sendJson(res, 200, await deps.experiments());
}
