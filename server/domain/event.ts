import type { Scope } from "../kit/scope.ts";
import type { Reader } from "../kit/stream.ts";
import type { CacheState, Role, Usage, WireName } from "../protocol/trace.ts";
import type { Decision } from "./decision.ts";
import type { Fault } from "./fault.ts";
import type { Model, ModelId } from "./model.ts";
import type { Request } from "./request.ts";

/** Why an answer ended. */
export type Stop = "stop" | "length" | "tool" | "filter";

/** The status and headers of an upstream whose bytes are forwarded. */
export interface Head {
  readonly status: number;
  readonly contentType: string;
}

/**
 * What a stream is made of. It ends in exactly one `done` or `error` and never throws.
 * `first` says that content comes next; before it anything may replace the attempt, after it nothing may.
 */
export type Event =
  /** `cache`: whether a memory answers; absent: as was said before. */
  | { readonly type: "decision"; readonly decision: Decision; readonly cache?: CacheState }
  | { readonly type: "start"; readonly attempt: number; readonly model: ModelId; readonly head?: Head }
  | { readonly type: "waiting"; readonly why: string }
  | { readonly type: "first" }
  /** Whole pieces of the client's own wire, in place of content; and how many characters of it they hold. */
  | { readonly type: "bytes"; readonly data: Uint8Array; readonly chars: number }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | {
      readonly type: "tool-call";
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly args: string;
    }
  /** One for each text that was asked about, in their order, all of one length. */
  | { readonly type: "vectors"; readonly vectors: readonly Float32Array[] }
  | { readonly type: "usage"; readonly usage: Usage }
  /** `doubtful`: it said no reason that we know, or not for each of its choices: perhaps it isn't whole. */
  | { readonly type: "done"; readonly stop: Stop; readonly doubtful?: true }
  | { readonly type: "error"; readonly fault: Fault };

export type Stream = Reader<Event>;

/** The one shape that carries everything: the gateway, `run`, an attempt and a provider all have it. */
export type Serve = (request: Request, scope: Scope) => Stream;

export interface Call {
  readonly model: Model;
  readonly request: Request;
  readonly role: Role;
  /** The attempt's number in its trace. */
  readonly attempt: number;
  /** The client's wire: a provider that speaks it and has a body sends `bytes`, otherwise content. Null: content always. */
  readonly accept: WireName | null;
}

/** One API family at one endpoint. A stream it opened ends, with its socket, when the scope does. */
export interface Provider {
  open(call: Call, scope: Scope): Stream;
  /** Opens a connection for a call that may come soon. */
  warm?(): void;
  /** Whether a model whose first token is due may still be being loaded. Never rejects; takes a second at most. */
  loads?(model: Model, nowMs: number): Promise<boolean>;
}
