/** What would move a terminal's cursor: names come from outside. */
const control = /\p{Cc}/gu;

/** Rows as lines whose columns stand under each other: the first and those in `left` flush left, the others right. */
export function columns(rows: readonly (readonly string[])[], left: readonly number[] = []): string[] {
  const cells = rows.map((row) => row.map((cell) => cell.replace(control, "·")));
  const most = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: most }, (_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, i) => (i === 0 || left.includes(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}
