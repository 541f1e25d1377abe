import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import type { Decision } from "../../domain/decision.ts";
import { type Fault, fault } from "../../domain/fault.ts";
import type { Wishes } from "../../domain/request.ts";
import { presetNames, qualityOf } from "../../protocol/strategy.ts";
import { type CacheState, type Route, routes, type Task, tasks } from "../../protocol/trace.ts";

/** What a client may say beside its request, in `x-switchyard-…` headers. */
export interface Said {
  readonly session: string | null;
  readonly workspace: string | null;
  readonly wishes: Pick<Wishes, "task" | "quality" | "route" | "priority" | "cache"> | null;
}

const priorities = ["interactive", "batch"] as const;
const isPriority = (said: string): said is (typeof priorities)[number] =>
  (priorities as readonly string[]).includes(said);

const one = (value: string | string[] | undefined): string | null =>
  typeof value === "string" && value !== "" ? asWritten(value).slice(0, 200) : null;

/** What the client says of memory: `no-store` weighs more than `no-cache`, whatever else stands beside them. */
function cacheWish(header: string | undefined): "no-store" | "no-cache" | null {
  if (header === undefined) return null;
  const said = header
    .toLowerCase()
    .split(",")
    .map((d) => d.trim());
  return said.includes("no-store") ? "no-store" : said.includes("no-cache") ? "no-cache" : null;
}

/** Node reads a header as Latin-1; most clients write UTF-8. */
function asWritten(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : value;
}

export function readHeaders(headers: IncomingHttpHeaders): Said | Fault {
  const task = one(headers["x-switchyard-task"]);
  if (task !== null && !(tasks as readonly string[]).includes(task))
    return fault("bad_request", `x-switchyard-task "${task}" is not known. Use one of ${tasks.join(", ")}.`);
  const said = one(headers["x-switchyard-quality"]);
  const quality = said === null ? null : qualityOf(said);
  if (said !== null && quality === null)
    return fault(
      "bad_request",
      `x-switchyard-quality "${said}" is not a number from 0 to 1, nor one of ${presetNames.join(", ")}.`,
    );
  const route = one(headers["x-switchyard-route"]);
  if (route !== null && !(routes as readonly string[]).includes(route))
    return fault("bad_request", `x-switchyard-route "${route}" is not known. Use one of ${routes.join(", ")}.`);
  const priority = one(headers["x-switchyard-priority"]);
  if (priority !== null && !isPriority(priority))
    return fault(
      "bad_request",
      `x-switchyard-priority "${priority}" is not known. Use one of ${priorities.join(", ")}.`,
    );
  const cache = cacheWish(headers["cache-control"]);
  return {
    session: one(headers["x-switchyard-session"]),
    workspace: one(headers["x-switchyard-workspace"]),
    wishes:
      task === null && quality === null && route === null && priority === null && cache === null
        ? null
        : {
            ...(cache === null ? {} : { cache }),
            ...(task === null ? {} : { task: task as Task }),
            ...(quality === null ? {} : { quality }),
            ...(route === null ? {} : { route: route as Route }),
            ...(priority === null ? {} : { priority }),
          },
  };
}

/** The headers of every answer to a model request. */
export function answerHeaders(trace: string, decision: Decision | null, cache: CacheState): Record<string, string> {
  if (decision === null) return { "x-switchyard-trace": trace, "x-switchyard-cache": cache };
  return {
    "x-switchyard-trace": trace,
    "x-switchyard-route": decision.route,
    "x-switchyard-model": utf8(decision.model),
    "x-switchyard-reason": ascii(decision.reason),
    "x-switchyard-cache": cache,
  };
}

const unprintable = /[^\x20-\x7e]/g;
const ascii = (text: string): string =>
  (text.search(unprintable) < 0 ? text : text.replace(unprintable, "?")).slice(0, 200);

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what may not stand in a header
const controls = /[\x00-\x1f\x7f]/g;
/** As UTF-8, which Node takes as Latin-1. */
const utf8 = (text: string): string =>
  text.search(unprintable) < 0 ? text : Buffer.from(text.replace(controls, "?")).toString("latin1");
