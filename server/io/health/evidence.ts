import type { Fault } from "../../domain/fault.ts";

/** An upstream's 4xx that are about the deployment: nothing paid, not there, too slow, gone. Others are about the request. */
const deploymentStatus: ReadonlySet<number> = new Set([402, 404, 408, 410]);

/** What comes of a model's server, rather than of this daemon. */
const fromUpstream = (f: Fault): boolean => f.code === "upstream_error" || f.code === "upstream_timeout";

/**
 * Whom a failed attempt counts against; null: nobody. Not a full one (429): limits hold requests back there, and it lives.
 * Not a key that is missing or refused: its owner must act, and then the next request shall go at once.
 */
export function blamed(f: Fault): "provider" | "model" | null {
  if (f.unsent || f.retry === "never") return null;
  if (f.about === "provider") return "provider";
  if (f.needs === "key" || (!fromUpstream(f) && f.code !== "internal")) return null;
  return f.status === undefined || f.status >= 500 || deploymentStatus.has(f.status) ? "model" : null;
}

/** Whether a failed attempt shows, all the same, that there is a way to the provider. */
export function reached(f: Fault): boolean {
  if (f.unsent || f.about === "provider" || !fromUpstream(f)) return false;
  return f.needs !== "key" || f.status !== undefined; // a key that is missing was never sent; one refused was
}

/** Whether a person who looks at the models should read of it: not where the request itself was at fault. */
export const worthShowing = (f: Fault | null): boolean => f === null || (!f.unsent && f.retry !== "never");
