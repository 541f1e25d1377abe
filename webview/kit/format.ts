/** How figures are written everywhere: with their unit, an estimate marked, and an unknown said to be one. */

const dash = "–";

/** Integer nano-dollars. `null` is "cost unknown": never a zero. The sign of an estimate stays on its line. */
export function money(nanos: number | null, estimated = false): string {
  if (nanos === null) return "cost unknown";
  return `${estimated && nanos !== 0 ? "≈\u00a0" : ""}${dollars(nanos)}`;
}

/**
 * Two decimals, and more where fewer than two digits would count; so nothing that cost something reads as free.
 * The meter writes the same (extension/meter/money.ts).
 */
function dollars(nanos: number): string {
  const value = Math.abs(nanos) / 1e9;
  if (value < 1e-9) return "$0.00";
  const decimals = value >= 0.995 ? 2 : Math.min(9, Math.max(2, 1 - Math.floor(Math.log10(value))));
  const text = value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return `${nanos < 0 ? "−" : ""}$${text}`;
}

/** Milliseconds, or seconds, or minutes; `null` is a dash. */
export function duration(ms: number | null): string {
  if (ms === null) return dash;
  if (ms < 1) return `${trim(ms, 2)} ms`;
  if (ms < 10) return `${trim(ms, 1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** A time that is an estimate. */
export const about = (ms: number): string => `≈\u00a0${duration(ms)}`;

/** How long before something was, in one unit. */
export function ago(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 1) return "just now";
  if (s < 60) return `${s} s ago`;
  if (s < 3_570) return `${Math.round(s / 60)} min ago`;
  return s < 172_800 ? `${Math.round(s / 3_600)} h ago` : `${Math.round(s / 86_400)} days ago`;
}

/** For a table whose head says "ms": three decimals at most, which is what the clock is good for. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return dash;
  return ms < 100 ? trim(ms, ms < 10 ? 2 : 1) : count(Math.round(ms));
}

export const count = (n: number): string => n.toLocaleString("en-US");

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

export const tokens = (n: number | null): string => (n === null ? "tokens unknown" : plural(n, "token"));

/** A share of 0…1. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** A part of a whole, where a part that rounds to nothing isn't nothing. */
export const partOf = (part: number, whole: number): string =>
  whole <= 0 ? dash : part > 0 && part / whole < 0.005 ? "< 1 %" : percent(part / whole);

/** How alike two questions are: those that aren't the same are never "100 %". */
export const alike = (similarity: number): string => `${Math.floor(similarity * 100 + 1e-9)}\u00a0% alike`;

/** An amount of work, for a sum that may hold unknown costs: "$0.12 + 3 unknown". */
export function sum(nanos: number, unknown: number, estimated = 0): string {
  const known = money(nanos, estimated > 0);
  return unknown === 0 ? known : `${known} + ${count(unknown)} unknown`;
}

/** Time of day of an ISO date, in this machine's zone. */
export function clock(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : at.toLocaleTimeString("en-GB", { hour12: false });
}

export function dateTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${clock(iso)}`;
}

const two = (n: number): string => String(n).padStart(2, "0");
const trim = (n: number, decimals: number): string => String(Number(n.toFixed(decimals)));
