/** How far a long job is. `total` null: not known. */
export interface Progress {
  readonly message: string;
  /** Bytes. */
  readonly done: number;
  readonly total: number | null;
}

export interface Fetching {
  /** Where to write; what is there already is a beginning that can be continued. */
  readonly part: string;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** A place that holds a model's bytes. */
export interface Source {
  /** What people call it. */
  readonly name: string;
  /** Writes the whole file to `part`; returns the SHA-256 that the source states for it, if it does. */
  fetch(fetching: Fetching): Promise<string | null>;
}
