/**
 * Sends only the newest value, one at a time: a window that reads slowly gets fewer notices, not a growing queue of them.
 */
export function latest<T>(send: (value: T) => Promise<void>): (value: T) => void {
  let sending = false;
  let waiting: { value: T } | null = null;
  const pump = async (value: T) => {
    sending = true;
    for (let next: { value: T } | null = { value }; next; ) {
      await send(next.value);
      next = waiting;
      waiting = null;
    }
    sending = false;
  };
  return (value) => {
    if (sending) waiting = { value };
    else void pump(value);
  };
}
