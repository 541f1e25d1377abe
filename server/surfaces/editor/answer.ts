import type { Event } from "../../domain/event.ts";
import { answered, type Fault } from "../../domain/fault.ts";
import type { Request } from "../../domain/request.ts";
import { Scope } from "../../kit/scope.ts";
import { each } from "../../kit/stream.ts";
import type { Cancellation, Window } from "./window.ts";

export interface Ending {
  /** Null: answered to its end. */
  readonly fault: Fault | null;
  readonly elapsedMs: number;
  /** True when the window cancelled, or was lost. */
  readonly cancelled: boolean;
}

/** Has a request answered for a window. Its scope ends at once when the window cancels or its connection is lost. */
export async function answer(
  window: Window,
  request: Request,
  token: Cancellation,
  onEvent: (event: Event) => Promise<void> | void,
): Promise<Ending> {
  const scope = Scope.root(window.deps.clock);
  let cancelled = false;
  const cancel = (why: string) => {
    cancelled = true;
    scope.end(why);
  };
  const lost = () => cancel("the window is gone");
  window.life.onEnd(lost);
  const listening = token.onCancellationRequested(() => cancel("cancelled in the editor"));
  if (token.isCancellationRequested) cancel("cancelled in the editor");
  let fault: Fault | null = null;
  try {
    await each(window.deps.gateway.serve(request, scope), (event) => {
      if (event.type === "error") fault = event.fault;
      return onEvent(event);
    });
    return { fault, elapsedMs: scope.elapsed(), cancelled };
  } finally {
    window.life.offEnd(lost);
    listening.dispose();
    scope.end(answered);
  }
}
