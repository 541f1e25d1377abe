import type http from "node:http";
import { begin, dataOf } from "../client.ts";
import type { Daemon } from "../daemon.ts";
import type { CallMade } from "./scene.ts";
import type { Asked } from "./traffic.ts";

/** What a client made of an answer. */
export type Heard =
  /** The answer was whole, and it was this text. */
  | { readonly as: "whole"; readonly text: string; readonly head: Head }
  /** An error before any text. */
  | { readonly as: "refused"; readonly code: string; readonly head: Head }
  /** Some text, and then an error. */
  | { readonly as: "broken-off"; readonly text: string; readonly code: string; readonly head: Head }
  /** Nothing that a client could understand: neither an answer nor an error. */
  | { readonly as: "nonsense"; readonly why: string; readonly head: Head | null }
  /** No end within the time. */
  | { readonly as: "hung" };

export interface Head {
  readonly trace: string;
  readonly model: string;
}

/** Far beyond every deadline: who isn't answered by then never will be. */
const patienceMs = 15_000;

/** Sends a request and waits for the end of its answer. */
export async function hear(daemon: Daemon, { path, headers, body, stream }: Asked, agent: http.Agent): Promise<Heard> {
  const req = begin(daemon.http, {
    path,
    body,
    headers: { authorization: `Bearer ${daemon.token}`, ...headers },
    agent,
  });
  const { promise, resolve } = Promise.withResolvers<Heard>();
  const late = setTimeout(() => {
    resolve({ as: "hung" });
    req.destroy();
  }, patienceMs);
  req.on("error", (e) => resolve({ as: "nonsense", why: e.message, head: null }));
  req.on("response", (res) => {
    let text = "";
    const head = {
      trace: String(res.headers["x-switchyard-trace"] ?? ""),
      model: String(res.headers["x-switchyard-model"] ?? ""),
    };
    res.setEncoding("utf8");
    res.on("data", (piece: string) => {
      text += piece;
    });
    res.on("error", (e) => resolve({ as: "nonsense", why: `the answer broke off: ${e.message}`, head }));
    res.on("end", () => resolve(understood(res.statusCode ?? 0, text, stream, head)));
  });
  req.end(body);
  const heard = await promise;
  clearTimeout(late);
  return heard;
}

function understood(status: number, text: string, stream: boolean, head: Head): Heard {
  try {
    if (status !== 200) {
      const { code, message } = (JSON.parse(text) as { error: { code: string; message: string } }).error;
      if (typeof code !== "string" || !message) throw new Error("an error without code or message");
      return { as: "refused", code, head };
    }
    if (!stream) return { as: "whole", text: saidIn(JSON.parse(text)), head };
    const events = dataOf(text);
    const last = events.pop() ?? "";
    const said = events.map((e) => saidIn(JSON.parse(e))).join("");
    if (last === "[DONE]") return { as: "whole", text: said, head };
    const { code } = (JSON.parse(last) as { error: { code: string } }).error;
    return { as: "broken-off", text: said, code, head };
  } catch (e) {
    return { as: "nonsense", why: `${(e as Error).message} in ${text.slice(0, 200)}…${text.slice(-100)}`, head };
  }
}

interface Choice {
  readonly text?: string;
  readonly delta?: { readonly content?: string };
  readonly message?: { readonly content: string };
}
function saidIn(json: unknown): string {
  const { choices } = json as { choices: readonly Choice[] };
  const [first] = choices;
  return first?.text ?? first?.delta?.content ?? first?.message?.content ?? "";
}

/** Whose words these are, if they are one call's alone; and whether they are all of them. */
export function spokenBy(text: string, calls: readonly CallMade[]): { call: CallMade; all: boolean } | null {
  for (const call of calls) {
    if (text === call.text) return { call, all: true };
    if (text !== "" && call.text.startsWith(text)) return { call, all: false };
    // Who doesn't come to an end counts on.
    if (call.kind?.name === "an answer without end" && counted(text, call)) return { call, all: false };
  }
  return null;
}

function counted(text: string, { n, text: said }: CallMade): boolean {
  const tag = said.slice(0, said.indexOf(":0"));
  const pieces = text.split(/(?<=\])/);
  return tag.startsWith(`[${n}:`) && pieces.every((p, i) => p === `${tag}:${i}é]`);
}
