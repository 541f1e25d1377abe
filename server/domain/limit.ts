import type { Scope } from "../kit/scope.ts";
import type { Call } from "./event.ts";
import type { Fault } from "./fault.ts";

/** A share of what is limited: taken before a call, given back when it is over. */
export interface Lease {
  /** Once. `costNanos`: what the call cost in nano-dollars; null when that is unknown. */
  settle(costNanos: number | null): void;
}

/** Something there is only so much of. Roles are counted differently: what was begun early waits for nothing. */
export interface Limit {
  /** A lease; null where the call needs none; or why it may not be made. A promise ends with the scope at the latest. */
  take(call: Call, scope: Scope): Lease | Fault | null | Promise<Lease | Fault | null>;
}
