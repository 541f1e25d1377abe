import { type Departure, minutesUntil } from "./timetable.ts";

/** One line of the board: when, where to, which platform, and how late. */
export function boardLine(departure: Departure, now: Date): string {
  const wait = minutesUntil(departure, now);
  const due = wait <= 0 ? "now" : `${wait} min`;
  const late = departure.delayMinutes > 0 ? ` (+${departure.delayMinutes})` : "";
  return `${due.padStart(6)}  ${departure.destination.padEnd(16)} platform ${departure.platform}${late}`;
}

/** The next departures, soonest first. */
export function board(departures: readonly Departure[], now: Date, lines = 5): string[] {
  return departures
    .filter((departure) => minutesUntil(departure, now) >= 0)
    .sort((a, b) => minutesUntil(a, now) - minutesUntil(b, now))
    .slice(0, lines)
    .map((departure) => boardLine(departure, now));
}
