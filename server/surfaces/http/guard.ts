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
  if (!known(host, allowedHosts))
    return fault(
      "forbidden_host",
      `The Host header "${host.slice(0, 100)}" is not one of this daemon's. Use 127.0.0.1, or add it to server.allowedHosts.`,
    );
  const { origin } = headers;
  if (origin !== undefined) {
    const from = origin.replace(/^https?:\/\//i, "");
    if (!known(from, allowedHosts))
      return fault(
        "forbidden_origin",
        `Web pages of "${origin.slice(0, 100)}" may not use this daemon. Add the host to server.allowedHosts if they shall.`,
      );
  }
  return null;
}

/** An allowed host without a port is allowed at any. */
function known(host: string, allowed: readonly string[]): boolean {
  if (loopback.test(host)) return true;
  const name = host.toLowerCase();
  const bare = name.replace(/:\d+$/, "");
  return allowed.some((a) => a.toLowerCase() === name || a.toLowerCase() === bare);
}

/** The bearer token, or `x-api-key`, compared in constant time; null: it is right. */
export function checkToken(headers: IncomingHttpHeaders, token: Buffer): Fault | null {
  if (isToken(bearerOf(headers), token) || isToken(headers["x-api-key"], token)) return null;
  return fault(
    "unauthorized",
    'The token is missing or wrong. Send "Authorization: Bearer TOKEN" with the token that the daemon printed or keeps in daemon.json.',
  );
}

function isToken(given: string | readonly string[] | undefined, token: Buffer): boolean {
  if (typeof given !== "string") return false;
  const bytes = Buffer.from(given);
  return bytes.length === token.length && timingSafeEqual(bytes, token);
}

function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return authorization !== undefined && /^bearer /i.test(authorization) ? authorization.slice(7).trim() : undefined;
}
