import { type Fault, fault } from "../../domain/fault.ts";
import type { Model } from "../../domain/model.ts";
import type { Snapshot } from "./snapshot.ts";

/** What the `model` field of a request means. */
export type Named =
  | { readonly as: "auto" | "local" | "fast" | "best" }
  | { readonly as: "model"; readonly model: Model }
  | { readonly as: "fault"; readonly fault: Fault };

export const routedNames = ["switchyard/auto", "switchyard/local", "switchyard/fast", "switchyard/best"] as const;

export function resolveName(name: string, s: Snapshot): Named {
  switch (name) {
    case "switchyard/auto":
      return { as: "auto" };
    case "switchyard/local":
      return { as: "local" };
    case "switchyard/fast":
      return { as: "fast" };
    case "switchyard/best":
      return { as: "best" };
  }
  const configured = s.byId.get(name);
  if (configured) return { as: "model", model: configured };
  const sameName = s.models.filter((m) => m.name === name);
  if (sameName.length === 1) return { as: "model", model: sameName[0]! };
  if (sameName.length > 1)
    return noModel(`Several models are called "${name}": ask for one of ${sameName.map((m) => m.id).join(", ")}.`);
  const known = [...routedNames, ...s.models.map((m) => m.id)];
  return noModel(`There is no model "${name}". Ask for one of ${known.slice(0, 24).join(", ")}.`);
}

const noModel = (message: string): Named => ({ as: "fault", fault: fault("no_model", message) });
