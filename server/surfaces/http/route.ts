import { isUtf8 } from "node:buffer";
import type { ServerResponse } from "node:http";
import { type Fault, fault } from "../../domain/fault.ts";
import { faultLine } from "../../gateway/foresee.ts";
import { readBody } from "./body.ts";
import { type Handler, type HttpDeps, isFault, sendFault, urlOf } from "./context.ts";

/** Items that are decided in one call at most, and those with the table behind each. */
const most = { items: 10_000, explained: 1_000 } as const;
/** Bytes: what is parsed in one go holds up everybody else. */
const maxBytes = 8_388_608;
/** Milliseconds after which others have their turn. */
const sliceMs = 4;

/**
 * `POST /admin/route`: what would be decided now for each item, with all that the daemon has measured and learned. Nothing is
 * sent to a model, and no trace is written.
 */
export function routeHandler(deps: HttpDeps): Handler {
  return async (req, res) => {
    const bytes = await readBody(
      req,
      Math.min(maxBytes, deps.options().maxBodyBytes),
      "Send the items in several calls",
    );
    if (isFault(bytes)) return sendFault(res, bytes);
    const explained = urlOf(req).searchParams.get("explain") === "1";
    const items = itemsOf(bytes, req.headers["content-type"]);
    if (isFault(items)) return sendFault(res, items);
    const atMost = explained ? most.explained : most.items;
    if (items.length > atMost)
      return sendFault(
        res,
        fault("too_large", `${items.length} items are more than the ${atMost} of one call. Send them in several.`),
      );
    res.writeHead(200, { "content-type": "application/json" });
    let text = '{"decisions":[';
    let until = deps.clock.now() + sliceMs;
    for (const [i, item] of items.entries()) {
      const line = typeof item === "string" ? parsed(item) : item;
      const answer = line instanceof SyntaxError ? unread(line, i) : deps.foresee(line, explained);
      text += (i === 0 ? "" : ",") + JSON.stringify(answer);
      if (deps.clock.now() < until) continue;
      if (!(await passedOn(res, text))) return;
      text = "";
      until = deps.clock.now() + sliceMs;
    }
    res.end(`${text}]}`);
  };
}

/** The items of a body: `{"items":[…]}`, a bare array, or JSON lines, which are parsed one by one. */
function itemsOf(bytes: Buffer, contentType = ""): readonly unknown[] | Fault {
  if (!isUtf8(bytes)) return fault("bad_request", "The body is not valid UTF-8.");
  const text = bytes.toString("utf8");
  if (/^application\/(x-ndjson|jsonl)\b/.test(contentType)) return text.split("\n").filter((line) => /\S/.test(line));
  const json = parsed(text);
  if (json instanceof SyntaxError) return fault("bad_request", `The body is not valid JSON: ${json.message}.`);
  const items = Array.isArray(json) ? json : (json as { items?: unknown } | null)?.items;
  if (!Array.isArray(items))
    return fault("bad_request", 'The body must be {"items":[{"id":1,"prompt":"…"}]}, the array alone, or JSON lines.');
  return items.map((item: unknown) => (typeof item === "string" ? null : item)); // a string is no item, nor a line here
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (e) {
    return e as SyntaxError;
  }
}

const unread = (e: SyntaxError, i: number) =>
  faultLine(null, fault("bad_request", `Line ${i + 1}: Not valid JSON: ${e.message}.`));

/** Writes, and lets others have their turn; false: the client has gone. */
async function passedOn(res: ServerResponse, text: string): Promise<boolean> {
  if (!res.write(text)) await roomIn(res);
  else await new Promise((resolve) => setImmediate(resolve));
  return !res.destroyed;
}

const roomIn = (res: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (res.destroyed) return resolve();
    const on = (): void => {
      res.off("drain", on);
      res.off("close", on);
      resolve();
    };
    res.on("drain", on);
    res.on("close", on);
  });
