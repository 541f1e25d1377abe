import { type Period, type ReportGrouping, reportGroupings } from "../../server/protocol/pages.ts";
import type { Stats } from "../../server/protocol/stats.ts";
import type { Report } from "../../server/protocol/webview.ts";
import type { Session } from "../session.ts";

/** How many days a period has, today among them; null: all. */
const daysOf: Record<Period, number | null> = { today: 1, "7d": 7, "30d": 30, all: null };

/** The midnight, in this machine's time zone, that a period begins with; null: there is none. */
export function startOf(period: Period, now: Date): Date | null {
  const days = daysOf[period];
  if (days === null) return null;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1));
}

/** Asks the daemon for every table of the report. Rejects as the session does. */
export async function makeReport(session: Session, period: Period): Promise<Report> {
  const now = new Date();
  const from = startOf(period, now)?.toISOString() ?? null;
  const each = reportGroupings.map(
    async (by): Promise<[ReportGrouping, Stats]> => [by, await session.request("stats", { from, to: null, by })],
  );
  const [learned, { experiments }, ...tables] = await Promise.all([
    session.request("learned", null),
    session.request("experiments", null),
    ...each,
  ]);
  const by = Object.fromEntries(tables) as Record<ReportGrouping, Stats>;
  return { period, from, at: now.toISOString(), by, learned, experiments };
}
