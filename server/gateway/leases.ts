import type { Call } from "../domain/event.ts";
import type { Fault } from "../domain/fault.ts";
import type { Lease, Limit } from "../domain/limit.ts";
import type { Scope } from "../kit/scope.ts";

export type Leases = readonly Lease[];

/** A lease of each limit that the call meets, in their order, or why it may not be made. A promise where it must wait. */
export function takeAll(
  limits: readonly Limit[],
  call: Call,
  scope: Scope,
  from = 0,
  held: Lease[] = [],
): Leases | Fault | Promise<Leases | Fault> {
  for (let i = from; i < limits.length; i++) {
    const taken = limits[i]!.take(call, scope);
    if (taken instanceof Promise)
      return taken.then((late) => keep(late, held) ?? takeAll(limits, call, scope, i + 1, held));
    const refused = keep(taken, held);
    if (refused) return refused;
  }
  return held;
}

function keep(taken: Lease | Fault | null, held: Lease[]): Fault | null {
  if (taken === null) return null;
  if (!("code" in taken)) {
    held.push(taken);
    return null;
  }
  for (const lease of held) lease.settle(0);
  return taken;
}
