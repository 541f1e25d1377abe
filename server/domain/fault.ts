/** What went wrong, in words a client can act on. The codes are part of the outward contract. */
export const faultStatus = {
  bad_request: 400,
  unauthorized: 401,
  over_budget: 402,
  forbidden_host: 403,
  forbidden_origin: 403,
  no_model: 404,
  too_large: 413,
  cannot: 422,
  overloaded: 429,
  cancelled: 499,
  upstream_error: 502,
  shutting_down: 503,
  upstream_timeout: 504,
  internal: 500,
} as const;
export type FaultCode = keyof typeof faultStatus;

export interface Fault {
  readonly code: FaultCode;
  /** One sentence that says what happened and what to do. */
  readonly message: string;
  /**
   * `again`: another model may do better now, or the same one soon; `elsewhere`: only another one;
   * `never`: the request itself is at fault, or its client is gone.
   */
  readonly retry: "again" | "elsewhere" | "never";
  /** Nothing was sent: a limit stood before the call. */
  readonly unsent?: true;
  /** The HTTP status to answer with, where it isn't the code's own (an upstream's 4xx is kept). */
  readonly status?: number;
  /** A key is missing, or is refused: its owner must act. */
  readonly needs?: "key";
  /** The whole provider is out of reach, not this one model. */
  readonly about?: "provider";
  /** When trying again makes sense, in milliseconds from now. */
  readonly afterMs?: number;
}

export const fault = (
  code: FaultCode,
  message: string,
  more: Partial<Omit<Fault, "code" | "message">> = {},
): Fault => ({
  code,
  message,
  retry: "never",
  ...more,
});

/** Why a scope ends whose attempt another one has beaten, or whose start came before a verdict against it. */
export const dropped = { lost: "another attempt was sooner", rejected: "the judge decided otherwise" } as const;

/** Why a judge's call ends that has used up the time of the request it was for, and keeps a place that is wanted. */
export const tooSlow = "it took longer than its request can wait";

/** Why a scope ends when its answer is whole and delivered. */
export const answered = "answered";

/** Why every scope ends that is still open when the daemon has waited long enough for it. */
export const stopping = "the daemon is stopping";

/** What a request is told whose scope was ended. */
export const endedFault = (why: string): Fault =>
  why === stopping
    ? fault("shutting_down", "The daemon stopped before the answer was whole. Send the request again.")
    : fault("cancelled", `Cancelled: ${why}.`);
