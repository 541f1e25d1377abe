/**
 * Models for the speculation bench, in a process of their own: `/small/v1` and `/large/v1` stream, `/judge/v1` says one word.
 * How long each takes is told by the question: `[small=300 large=600 judge=1200 says=SIMPLE]`, in milliseconds.
 */
import { createServer, type ServerResponse } from "node:http";
import { done, streamedAnswer, wholeAnswer } from "../support/wire.ts";

const answer = (chunks: readonly string[]) => ({
  chunks,
  reasoning: [],
  toolCalls: [],
  finish: "stop",
  usage: { input: 60, cachedInput: 0, output: chunks.length, reasoning: 0 },
});
const events = [
  ...streamedAnswer("chat", "bench-model", answer(Array.from({ length: 10 }, (_, i) => `word${i} `)), true),
  done,
];
const gapMs = 10;

const numberOf = (text: string, name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(text)?.[1] ?? 0);

const server = createServer((req, res) => {
  let body = "";
  req.on("data", (piece) => {
    body += piece;
  });
  req.on("end", () => {
    const model = /^\/(small|large|judge)\//.exec(req.url ?? "")?.[1];
    if (req.method !== "POST" || !model) return void res.writeHead(404).end();
    setTimeout(() => (model === "judge" ? judged(body, res) : stream(res)), numberOf(body, model));
  });
});

function judged(body: string, res: ServerResponse): void {
  const word = /says=([A-Z]+)/.exec(body)?.[1] ?? "SIMPLE";
  res.writeHead(200, { "content-type": "application/json" });
  res.end(wholeAnswer("chat", "judge", answer([word])));
}

function stream(res: ServerResponse): void {
  if (res.destroyed) return;
  res.writeHead(200, { "content-type": "text/event-stream" });
  res.write(events[0]! + events[1]!);
  let i = 2;
  const next = (): void => {
    if (res.destroyed) return;
    if (i === events.length) return void res.end();
    res.write(events[i++]!);
    setTimeout(next, gapMs);
  };
  setTimeout(next, gapMs);
}

server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: (server.address() as { port: number }).port })));
process.on("SIGTERM", () => process.exit(0));
process.stdin.resume().on("end", () => process.exit(0));
