import { createHash } from "node:crypto";
import type { Request } from "../../domain/request.ts";
import type { Config } from "../../protocol/config.ts";

/** What of a body says how the answer shall be sent, not what it shall be. `stream` is in the key by itself. */
const transport = new Set(["stream"]);

/**
 * The key of all requests that have the same answer: a hash of everything that can change it. `policy` stands for the
 * configuration that decides who answers. What a client left out is not the same as a value that it set.
 */
export function keyOf(request: Request, policy: string): string {
  const { origin, wishes, egress, kind, stream, prompt, body } = request;
  const hash = createHash("sha256");
  const { model, quality = null, task = null, route = null, sampling, needs } = wishes;
  hash.update(
    JSON.stringify([
      policy,
      egress.verdict,
      origin.client,
      origin.workspace,
      origin.wire,
      kind,
      stream,
      model,
      quality,
      task,
      route,
    ]),
  );
  hash.update(canonical(body ? bodyOf(body.json) : { prompt, sampling, needs }));
  return hash.digest("base64url");
}

type Json = Readonly<Record<string, unknown>>;
const isRecord = (v: unknown): v is Json => typeof v === "object" && v !== null && !Array.isArray(v);

/** What the upstream is asked, without marks for its own cache. */
function bodyOf(json: Json): Json {
  // null is the wire's word for left out. Entries, since a field may be called __proto__.
  const said = Object.entries(json).filter(([key, value]) => !transport.has(key) && value !== null);
  return Object.fromEntries(
    said.map(([key, value]) => [key, key === "messages" || key === "tools" ? unmarked(value) : value]),
  );
}

/** Messages and tools without `cache_control`; what lies deeper, such as a tool's schema, may have a field of that name. */
function unmarked(list: unknown): unknown {
  if (!Array.isArray(list)) return list;
  return list.map((item: unknown) => {
    if (!isRecord(item)) return item;
    const { cache_control: _, ...rest } = item;
    const content: unknown = rest["content"];
    return Array.isArray(content) ? { ...rest, content: content.map(withoutMark) } : rest;
  });
}

function withoutMark(part: unknown): unknown {
  if (!isRecord(part)) return part;
  const { cache_control: _, ...rest } = part;
  return rest;
}

/** JSON whose objects name their fields in order: equal for equal values. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((v) => (v === undefined ? "null" : canonical(v))).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? "null";
  const fields: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const v = value[key];
    if (v !== undefined) fields.push(`${JSON.stringify(key)}:${canonical(v)}`);
  }
  return `{${fields.join(",")}}`;
}

/** Stands for what of the configuration decides who answers: with another one, an answer is no longer the same. */
export const policyOf = ({
  routing,
  experiments,
  models,
  providers,
}: Pick<Config, "routing" | "experiments" | "models" | "providers">): string =>
  createHash("sha256").update(canonical({ routing, experiments, models, providers })).digest("base64url");
