import type { Span } from "../kit/scope.ts";
import type {
  Arm,
  CacheState,
  Outcome,
  Recalled,
  Role,
  Signal,
  SpanName,
  Trace,
  TraceDecision,
  TraceError,
  TraceFeatures,
  Usage,
} from "../protocol/trace.ts";
import type { ModelId, ProviderId } from "./model.ts";

/** One thing that happened to a request. A trace is the fold of its facts; money or a reward that comes late is one more. */
export type Fact = Started | Decided | Attempted | FirstToken | Settled | Ended | Feedback;

export interface Started {
  readonly type: "started";
  readonly id: string;
  readonly trace: Pick<
    Trace,
    "surface" | "wire" | "kind" | "stream" | "client" | "workspace" | "session" | "messages" | "chars" | "privacy"
  >;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

export interface Decided {
  readonly type: "decided";
  readonly id: string;
  readonly decision: TraceDecision;
  /** Null: it was taken from memory, or only amended. */
  readonly features: TraceFeatures | null;
  readonly arm: Arm | null;
}

/** What a person did with the answer, seconds or minutes later. */
export interface Feedback {
  readonly type: "feedback";
  readonly id: string;
  readonly signal: Signal;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

export interface Attempted {
  readonly type: "attempted";
  readonly id: string;
  readonly attempt: number;
  readonly model: ModelId;
  readonly provider: ProviderId;
  readonly role: Role;
  readonly startMs: number;
  /** What it will cost at least: the estimated input. It stands until the attempt settles, so that a crash loses no money. */
  readonly usage: Usage;
  readonly costNanos: number | null;
}

export interface FirstToken {
  readonly type: "first-token";
  readonly id: string;
  readonly attempt: number;
  readonly atMs: number;
}

export interface Settled {
  readonly type: "settled";
  readonly id: string;
  readonly attempt: number;
  readonly endMs: number;
  readonly outcome: Outcome;
  readonly error: TraceError | null;
  readonly usage: Usage | null;
  readonly costNanos: number | null;
  /** What the same usage would have cost on the baseline model. */
  readonly baselineNanos: number | null;
  /** Its own reader has left, but others who asked the same read on. */
  readonly shared?: true;
}

export interface Ended {
  readonly type: "ended";
  readonly id: string;
  readonly status: "ok" | "error" | "cancelled";
  readonly error: TraceError | null;
  readonly finish: string | null;
  readonly totalMs: number;
  /** When the first content was passed on. */
  readonly ttftMs: number | null;
  /** The attempt whose content that was. */
  readonly delivered: number | null;
  readonly savedMs: Trace["savedMs"];
  readonly cache: CacheState;
  /** Given from memory: whose answer that is, and what it would have cost on the baseline model. */
  readonly recalled: {
    readonly from: Recalled;
    readonly baselineNanos: number | null;
    readonly estimated: boolean;
  } | null;
  readonly spans: readonly Span<SpanName>[];
  readonly text?: { readonly prompt: string; readonly answer: string };
}
