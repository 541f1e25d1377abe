/** What the daemon and its embedder's worker say to each other. The daemon sends one job at a time. */
export interface Found {
  readonly id: number;
  /** The cosine of the two vectors. */
  readonly similarity: number;
}

export interface WorkerSettings {
  readonly maxEntries: number;
}

/** A text whose vector is still to be computed, or a vector that somebody else has computed. */
export type Sense = string | Float32Array;

export interface AddJob {
  readonly type: "add";
  readonly id: number;
  readonly scope: string;
  readonly sense: Sense;
}

export interface SearchJob {
  readonly type: "search";
  readonly scope: string;
  readonly sense: Sense;
  readonly k: number;
  readonly least: number;
}

export type ToWorker =
  | AddJob
  | SearchJob
  | { readonly type: "remove"; readonly ids: readonly number[] }
  | { readonly type: "clear" };

export type FromWorker =
  /** The model is loaded. */
  | { readonly type: "ready"; readonly ms: number }
  /** It can't be; the worker ends. */
  | { readonly type: "failed"; readonly why: string }
  /** The job is over; `why` when its text could not be embedded. */
  | { readonly type: "done"; readonly found: readonly Found[]; readonly size: number; readonly why?: string }
  | { readonly type: "size"; readonly size: number };
