/** A table of the report, as it is shown and as it is copied. The first column is the key. */
export interface Table {
  readonly title: string;
  /** What one must know to read it. */
  readonly note?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
