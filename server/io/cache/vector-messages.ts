/** What the daemon and its embedder's worker say to each other. The daemon sends one job at a time. */
export interface Found {
  readonly id: number;
  /** The cosine of the two vectors. */
  readonly similarity: number;
}

export interface WorkerSettings {
  readonly maxEntries: number;
}

export interface AddJob {
  readonly type: "add";
  readonly id: number;
  readonly scope: string;
  readonly text: string;
}

export interface SearchJob {
  readonly type: "search";
  readonly scope: string;
  readonly text: string;
  readonly k: number;
  readonly least: number;
}

export type ToWorker = AddJob | SearchJob | { readonly type: "remove"; readonly ids: readonly number[] };

export type FromWorker =
  /** The model is loaded. */
  | { readonly type: "ready"; readonly ms: number }
  /** It can't be; the worker ends. */
  | { readonly type: "failed"; readonly why: string }
  /** The job is over; `why` when its text could not be embedded. */
  | { readonly type: "done"; readonly found: readonly Found[]; readonly size: number; readonly why?: string }
  | { readonly type: "size"; readonly size: number };
