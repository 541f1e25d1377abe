export interface Departure {
  readonly destination: string;
  readonly platform: number;
  readonly scheduled: Date;
  readonly delayMinutes: number;
}

/** Whole minutes until a train leaves, its delay included; negative when it has left. */
export function minutesUntil(departure: Departure, now: Date): number {
  const milliseconds = departure.scheduled.getTime() - now.getTime();
  return Math.floor(milliseconds / 60_000) + departure.delayMinutes;
}
