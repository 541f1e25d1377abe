import { routedNames } from "../../logic/routing/resolve.ts";
import { type Handler, type HttpDeps, sendJson } from "./context.ts";

/** `GET /v1/models`: what a client may name. */
export const modelsHandler =
  (deps: HttpDeps): Handler =>
  async (_req, res) => {
    const routed = routedNames.map((id) => ({ id, object: "model", created: 0, owned_by: "switchyard" }));
    const configured = (await deps.models()).map((m) => ({
      id: m.id,
      object: "model",
      created: 0,
      owned_by: m.provider,
      name: m.name,
      tier: m.tier,
      locality: m.locality,
      abilities: m.abilities,
      note: m.note,
    }));
    sendJson(res, 200, { object: "list", data: [...routed, ...configured] });
  };
