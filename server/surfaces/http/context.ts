import type { IncomingMessage, ServerResponse } from "node:http";
import { type Fault, faultStatus } from "../../domain/fault.ts";
import type { Forget } from "../../domain/memory.ts";
import type { Foresee } from "../../gateway/foresee.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { Ledger } from "../../io/ledger/ledger.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Scope } from "../../kit/scope.ts";
import { printOpenAiError } from "../../logic/wires/openai-print.ts";
import type { ModelInfo } from "../../protocol/editor.ts";
import type { ExperimentsReport } from "../../protocol/experiments.ts";
import type { LearnedReport } from "../../protocol/learned.ts";
import type { Signal } from "../../protocol/trace.ts";

/** What the HTTP surface is made of. */
export interface HttpDeps {
  readonly gateway: Gateway;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly token: string;
  readonly options: () => { readonly allowedHosts: readonly string[]; readonly maxBodyBytes: number };
  /** The configured models, with what their own servers say of them: half a second at most. */
  readonly models: () => Promise<readonly ModelInfo[]>;
  /** What was last seen of the providers: nobody is asked for it. */
  readonly health: () => {
    readonly providers: readonly { readonly id: string; readonly state: "unknown" | "up" | "down" }[];
    /** `passedOver`: it keeps failing, and is left alone for a while. */
    readonly models: readonly { readonly id: string; readonly state: string; readonly passedOver: boolean }[];
  };
  /** As of now. Rejects when the ledger can't be read. */
  readonly experiments: () => Promise<ExperimentsReport>;
  /** What would be decided, without anything being sent. */
  readonly foresee: Foresee;
  /** Empties what is remembered; how many answers went. */
  readonly forget: (which: Forget) => number;
  /** What people did with answers, and what was learned from it. */
  readonly learning: {
    /** False: there is no such trace. */
    feedback(trace: string, signal: Signal): boolean;
    report(): LearnedReport;
    reset(): void;
  };
  /** Further lines of `GET /metrics`: what rooms count that the ledger doesn't see. */
  readonly metrics: () => string;
}

/** What answers to model requests are made of. */
export interface RequestDeps extends HttpDeps {
  /** Ends when the daemon waits no longer for those that run. */
  readonly life: Scope;
}

export type Handler = (req: IncomingMessage, res: ServerResponse, arrivedMs: number) => void | Promise<void>;

/** The path of a request, and the query behind it. */
export const urlOf = (req: IncomingMessage): URL => new URL(req.url ?? "/", "http://localhost");

export function sendJson(
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  res.writeHead(status, { "content-type": "application/json", "content-length": body.length, ...headers });
  res.end(body);
}

/** An error before the first byte, in the form of the OpenAI wire. */
export function sendFault(res: ServerResponse, f: Fault, headers: Record<string, string> = {}): void {
  if (res.destroyed || res.headersSent) return;
  const retry = f.afterMs === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(f.afterMs / 1000))) };
  sendJson(res, f.status ?? faultStatus[f.code], printOpenAiError(f), { ...headers, ...retry });
}

export const isFault = (value: object): value is Fault => "code" in value && "retry" in value;
