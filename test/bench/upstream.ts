/**
 * The model of the bench, in a process of its own: as fast as Node's sockets are, every answer printed beforehand.
 * `/v1/…` answers at once; `/paced/v1/…` streams the first token after 50 ms and 30 more, 10 ms apart; `/steady/v1/…`
 * streams `max_tokens` of them, one each 100 ms.
 */
import { createServer, type Socket } from "node:net";
import { done, streamedAnswer, wholeAnswer } from "../support/wire.ts";

const words = "The quick brown fox jumps over the lazy dog and does it again for good measure . ".split(/(?<= )/);
const usage = { input: 57, cachedInput: 32, output: 32, reasoning: 8 };
const answer = (n: number) => ({
  chunks: Array.from({ length: n }, (_, i) => words[i % words.length]!),
  reasoning: [],
  toolCalls: [],
  finish: "stop",
  usage,
});

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const whole = wholeAnswer("chat", "bench-model", answer(32));
const json = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(whole)}\r\n\r\n${whole}`,
);
const head = Buffer.from(
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n",
);
const events = [...streamedAnswer("chat", "bench-model", answer(31), true), done];
const first = Buffer.from(chunk(events[0]!) + chunk(events[1]!)); // the role, and the first token
const rest = events.slice(2, -3).map((e) => Buffer.from(chunk(e)));
const last = Buffer.from(`${events.slice(-3).map(chunk).join("")}0\r\n\r\n`);

function respond(socket: Socket, paced: boolean, stream: boolean): void {
  if (!stream) return void socket.write(json);
  socket.write(head);
  if (!paced) {
    socket.write(first);
    for (const piece of rest) socket.write(piece);
    socket.write(last);
    return;
  }
  let i = 0;
  const next = () => {
    if (socket.destroyed) return;
    if (i === 0) socket.write(first);
    else if (i <= rest.length) socket.write(rest[i - 1]!);
    else return void socket.write(last);
    i++;
    setTimeout(next, 10);
  };
  setTimeout(next, 50);
}

const word = Buffer.from(chunk(events[2]!));

/** By the clock and not by the last one, so that lateness doesn't add up. */
function steadily(socket: Socket, count: number): void {
  socket.write(head);
  const begun = performance.now();
  let i = 0;
  const next = () => {
    if (socket.destroyed) return;
    if (i === count) return void socket.write(last);
    socket.write(i === 0 ? first : word);
    i++;
    setTimeout(next, Math.max(1, begun + i * 100 - performance.now()));
  };
  next();
}

const server = createServer({ noDelay: true }, (socket) => {
  let held = Buffer.alloc(0);
  socket.on("data", (data) => {
    held = held.length === 0 ? data : Buffer.concat([held, data]);
    for (;;) {
      const end = held.indexOf("\r\n\r\n");
      if (end < 0) return;
      const text = held.toString("latin1", 0, end);
      const size = end + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (held.length < size) return;
      const body = held.subarray(end + 4, size);
      const stream = body.includes('"stream":true');
      if (text.startsWith("GET")) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"data":[]}');
      else if (text.startsWith("POST /steady"))
        steadily(socket, Number(/"max_tokens":(\d+)/.exec(body.toString("latin1"))?.[1]));
      else respond(socket, text.startsWith("POST /paced"), stream);
      held = held.subarray(size);
    }
  });
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: (server.address() as { port: number }).port })));
process.on("SIGTERM", () => process.exit(0));
process.stdin.resume().on("end", () => process.exit(0));
