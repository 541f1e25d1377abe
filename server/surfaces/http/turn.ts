/**
 * Runs what is given at the end of this turn of the event loop, all of it together. Answers that become ready in one turn
 * leave together: a write that finds its reader asleep wakes it, which costs more than the write itself, and the ones that
 * follow find it awake.
 */
export function atEndOfTurn(f: () => void): void {
  if (waiting.push(f) === 1) setImmediate(run);
}

let waiting: (() => void)[] = [];

function run(): void {
  const now = waiting;
  waiting = [];
  for (const f of now) f();
}
