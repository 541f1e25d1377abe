import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "./load.ts";

/** What many streams held at once were like. */
export interface Held {
  /** Milliseconds between one chunk and the next of its stream, by the stretch of time in which they fell. */
  readonly gaps: readonly Float64Array[];
  readonly streams: number;
  readonly errors: readonly string[];
}

/** Seconds of a stretch. What else the machine does comes in bursts: the median of many stretches says more than their sum. */
export const stretch = 5;

/**
 * Holds so many streams at once, for so many seconds: one that has ended begins anew, until the time is over. Each must
 * bring `chunks` events with a word and then its terminator. They begin evenly over a second, so that they don't speak together.
 */
export async function hold(target: Target, streams: number, seconds: number, chunks: number): Promise<Held> {
  const gaps = Array.from({ length: Math.ceil(seconds / stretch) }, () => new Gaps());
  const errors: string[] = [];
  let ended = 0;
  const begun = performance.now();
  const over = begun + seconds * 1_000;
  const note = (now: number, gap: number): void => gaps[Math.floor((now - begun) / stretch / 1_000)]?.push(gap);
  await Promise.all(
    Array.from({ length: streams }, async (_, i) => {
      await sleep((i * 1_000) / streams);
      while (performance.now() < over) {
        const error = await follow(target, chunks, note);
        ended++;
        if (error !== null) errors.push(error);
        if (error !== null) await sleep(100);
      }
    }),
  );
  return { gaps: gaps.map((g) => g.all), streams: ended, errors };
}

/** A list of numbers that grows without making each a thing of its own. */
class Gaps {
  #values = new Float64Array(65_536);
  #size = 0;

  push(value: number): void {
    if (this.#size === this.#values.length) {
      const wider = new Float64Array(2 * this.#size);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.#size++] = value;
  }

  get all(): Float64Array {
    return this.#values.subarray(0, this.#size);
  }
}

const mark = '"content":"';
const terminator = "data: [DONE]\n\n";

type Note = (now: number, gap: number) => void;

/** Reads one stream to its end; what was wrong with it, or null. */
function follow({ port, path, token, body }: Target, chunks: number, note: Note): Promise<string | null> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const req = request({ port, path, method: "POST", headers, agent: false }, (res) => {
      let seen = -1; // the first event holds the role and no word
      let lastMs = 0;
      let tail = "";
      res.setEncoding("latin1");
      res.on("data", (data: string) => {
        const now = performance.now();
        for (let at = data.indexOf(mark); at >= 0; at = data.indexOf(mark, at + mark.length)) {
          if (++seen >= 2) note(now, now - lastMs);
          lastMs = now;
        }
        tail = data.length >= terminator.length ? data : tail + data;
      });
      res.on("end", () => {
        if (res.statusCode !== 200) resolve(`status ${res.statusCode}: ${tail.slice(0, 200)}`);
        else if (!tail.endsWith(terminator)) resolve(`ended without its terminator: …${tail.slice(-100)}`);
        else resolve(seen === chunks ? null : `${seen} words in place of ${chunks}`);
      });
      res.on("error", (e) => resolve(e.message));
    });
    req.on("error", (e) => resolve(e.message));
    req.end(body);
  });
}
