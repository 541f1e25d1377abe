import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { type Fault, fault } from "../../domain/fault.ts";

/** So much of a body that is too large is read and thrown away: many clients hear our answer only once theirs is sent. */
const maxDiscarded = 268_435_456;

/** Reads a body of at most `maxBytes`; `advice`: what to do with a larger one. */
export function readBody(req: IncomingMessage, maxBytes: number, advice = "Send less"): Promise<Buffer | Fault> {
  return new Promise((resolve) => {
    let parts: Buffer[] = [];
    let size = 0;
    const tooLarge = (): Fault => fault("too_large", `The body is larger than ${maxBytes} bytes. ${advice}.`);
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) parts.push(chunk);
      else parts = [];
      if (size > maxBytes + maxDiscarded) resolve(tooLarge());
    });
    req.on("end", () => {
      if (size > maxBytes) resolve(tooLarge());
      else resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    });
    req.on("error", () => resolve(fault("cancelled", "The client left before its body was whole.")));
  });
}

/** The JSON object in a body, and its text. */
export function parseBody(bytes: Buffer): { text: string; json: Record<string, unknown> } | Fault {
  if (!isUtf8(bytes)) return fault("bad_request", "The body is not valid UTF-8.");
  const text = bytes.toString("utf8");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (e) {
    return fault("bad_request", `The body is not valid JSON: ${(e as SyntaxError).message}.`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    return fault("bad_request", "The body must be a JSON object.");
  return { text, json: json as Record<string, unknown> };
}
