/** Days in the machine's time zone. */

const pad = (n: number): string => String(n).padStart(2, "0");

/** `2026-11-21` */
export function dayOf(at: number): string {
  const d = new Date(at);
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
}

export const dayStart = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

export function nextDay(at: number): number {
  const d = new Date(at);
  return new Date(d.getFullYear(), d.getMonth(), d.getDate() + 1).getTime();
}

/**
 * A point in time as people and programs write it, in milliseconds since the epoch. A date alone is that day's start or,
 * as an `end`, the start of the next, so that `to=2026-11-21` includes the 21st. Throws a RangeError that says what is accepted.
 */
export function parseTime(text: string, edge: "start" | "end"): number {
  const date = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (date) {
    const start = new Date(Number(date[1]), Number(date[2]) - 1, Number(date[3])).getTime();
    if (dayOf(start) === text) return edge === "start" ? start : nextDay(start);
  }
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new RangeError(`"${text.slice(0, 40)}" is no time: write 2026-11-21 or 2026-11-21T10:00:00Z.`);
  return at;
}
