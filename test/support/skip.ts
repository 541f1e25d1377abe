/**
 * Skips the running test, or every test of the suite when called in its `before` hook. `reason` is printed at the end of
 * `npm test`; in CI a skip is a failure.
 */
export function skip(context: Mocha.Context, reason: string): never {
  const running = context.runnable() as Mocha.Runnable & { type?: string; skipReason?: string };
  running.skipReason = reason;
  if (running.type === "hook" && running.parent)
    (running.parent as Mocha.Suite & { skipReason?: string }).skipReason = reason;
  return context.skip();
}
