import { board } from "./board.ts";
import type { Departure } from "./timetable.ts";

const now = new Date();
const inMinutes = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000);

const departures: Departure[] = [
  { destination: "Harbour", platform: 4, scheduled: inMinutes(12), delayMinutes: 0 },
  { destination: "Old Town", platform: 1, scheduled: inMinutes(3), delayMinutes: 5 },
  { destination: "Airport", platform: 2, scheduled: inMinutes(7), delayMinutes: 0 },
];

for (const line of board(departures, now)) console.log(line);
