import type { WayOut } from "../../server/protocol/webview.ts";

/** What a person can do about a fault, by its code. */
export function wayOutOf(code: string): WayOut | null {
  if (code === "no_model" || code === "cannot" || code === "bad_request") return "open-config";
  if (code === "unauthorized") return "set-api-key";
  if (code === "internal" || code === "upstream_error" || code === "upstream_timeout") return "show-log";
  return null;
}
