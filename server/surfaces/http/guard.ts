import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Fault, fault } from "../../domain/fault.ts";

/** Names under which this machine calls itself. */
const loopback = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Whether a request may come in at all. Host and Origin are checked so that no web page can reach the daemon through a
 * name that it has pointed at this machine (DNS rebinding); null: it may.
 */
export function checkSource(headers: IncomingHttpHeaders, allowedHosts: readonly string[]): Fault | null {
  const host = headers.host ?? "";
  if (!loopback.test(host) && !allowedHosts.includes(host))
    return fault(
      "forbidden_host",
      `The Host header "${host.slice(0, 100)}" is not one of this daemon's. Use 127.0.0.1, or add it to server.allowedHosts.`,
    );
  const { origin } = headers;
  if (origin !== undefined) {
    const from = origin.replace(/^https?:\/\//i, "");
    if (!loopback.test(from) && !allowedHosts.includes(from))
      return fault(
        "forbidden_origin",
        `Web pages of "${origin.slice(0, 100)}" may not use this daemon. Add the host to server.allowedHosts if they shall.`,
      );
  }
  return null;
}

/** The bearer token, or `x-api-key`, compared in constant time; null: it is right. */
export function checkToken(headers: IncomingHttpHeaders, token: Buffer): Fault | null {
  const given = Buffer.from(givenToken(headers));
  if (given.length === token.length && timingSafeEqual(given, token)) return null;
  return fault(
    "unauthorized",
    'The token is missing or wrong. Send "Authorization: Bearer TOKEN" with the token that the daemon printed or keeps in daemon.json.',
  );
}

function givenToken(headers: IncomingHttpHeaders): string {
  const { authorization } = headers;
  if (authorization !== undefined && /^bearer /i.test(authorization)) return authorization.slice(7).trim();
  const key = headers["x-api-key"];
  return typeof key === "string" ? key : "";
}
