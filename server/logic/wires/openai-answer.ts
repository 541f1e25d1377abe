import type { Event } from "../../domain/event.ts";
import { type Fault, fault } from "../../domain/fault.ts";
import { charsOfContent, errorMessage, readChunk } from "./openai-chunk.ts";
import type { PassOn } from "./openai-stream.ts";

/** The events of a whole, not streamed answer. A success that holds an error is a failure. */
export function readOpenAiAnswer(body: Buffer, passOn: PassOn): readonly Event[] {
  let json: unknown;
  try {
    json = JSON.parse(body.toString("utf8"));
  } catch {
    return [failed("The provider's answer isn't JSON.")];
  }
  if (typeof json !== "object" || json === null || !Array.isArray((json as Record<string, unknown>)["choices"]))
    return [failed(`The provider's answer holds no choices: ${errorMessage(json) ?? "it isn't a completion"}.`)];
  const chunk = readChunk(json as Record<string, unknown>);
  if (chunk.fault) return [{ type: "error", fault: chunk.fault }];
  const content: readonly Event[] =
    passOn.as === "bytes" ? [{ type: "bytes", data: body, chars: charsOfContent(chunk.content) }] : chunk.content;
  return [
    { type: "first" },
    ...content,
    ...(chunk.usage ? [{ type: "usage", usage: chunk.usage } as const] : []),
    { type: "done", stop: chunk.stop ?? "stop", ...(chunk.doubtful || !allEnded(json) ? { doubtful: true } : {}) },
  ];
}

/** Whether each choice says why it ended. */
const allEnded = (json: object): boolean =>
  (json as { choices: { finish_reason?: unknown }[] }).choices.every((c) => typeof c?.finish_reason === "string");

const failed = (message: string): Event => ({
  type: "error",
  fault: fault("upstream_error", message, { retry: "elsewhere" }),
});

/** These say that the request itself is wrong: no other model will like it better. */
const clientsFault: ReadonlySet<number> = new Set([400, 413, 422]);

/** These pass, where the server says when: it is asked again then. */
const passing: ReadonlySet<number> = new Set([429, 503, 529]);

/** The fault behind an upstream's error status: its 4xx is kept, anything else is a 502. */
export function readOpenAiError(status: number, body: Buffer, retryAfter: string | undefined, nowMs: number): Fault {
  const text = body.toString("utf8");
  let message: string | null = null;
  try {
    message = errorMessage(JSON.parse(text));
  } catch {} // not JSON: the text itself is all there is
  message ??= text.trim().slice(0, 300);
  const afterMs = readRetryAfter(retryAfter, nowMs);
  return fault("upstream_error", `The provider answered ${status}${message ? `: ${message}` : ""}`, {
    retry: clientsFault.has(status) ? "never" : passing.has(status) && afterMs !== null ? "again" : "elsewhere",
    ...(status >= 400 && status < 500 ? { status } : {}),
    ...(status === 401 || status === 403 ? { needs: "key" } : {}),
    ...(afterMs === null ? {} : { afterMs }),
  });
}

/** llama-server says so while it reads a model from the disk: no failure, only a wait. */
export const isLoading = (status: number, body: Buffer): boolean =>
  status === 503 && /"message"\s*:\s*"Loading model"/.test(body.toString("latin1", 0, 1000));

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3), in milliseconds from now; null when it says nothing. */
export function readRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
