import type { Call, Event, Provider, Stream } from "../domain/event.ts";
import type { Fact } from "../domain/fact.ts";
import { endedFault, type Fault, fault } from "../domain/fault.ts";
import type { Health } from "../domain/health.ts";
import type { Lease, Limit } from "../domain/limit.ts";
import type { Model, ModelId, ProviderId } from "../domain/model.ts";
import type { Clock } from "../kit/clock.ts";
import type { Scope } from "../kit/scope.ts";
import { Late, Prefixed } from "../kit/stream.ts";
import type { Role } from "../protocol/trace.ts";
import type { Patience } from "./deadlines.ts";
import { Door, overdue } from "./door.ts";
import type { Running } from "./running.ts";

export interface AttemptDeps {
  readonly clock: Clock;
  readonly append: (fact: Fact) => void;
  readonly model: (id: ModelId) => Model | undefined;
  readonly baseline: () => Model | null;
  readonly provider: (id: ProviderId) => { readonly provider: Provider; readonly timeouts: Patience } | undefined;
  /** What a call must get a lease of before it is made, in this order. */
  readonly limits: readonly Limit[];
  readonly health: Health;
}

/** One call to one model: the only way to any of them. */
export function attempt(deps: AttemptDeps, running: Running, id: ModelId, role: Role, scope: Scope): Stream {
  const model = deps.model(id);
  const found = model && deps.provider(model.provider);
  if (!model || !found) return gone(id);
  const { request, accept, progress } = running;
  // Routing looked at this already; the door looks again, so that no plan can get past it.
  if (request.egress.verdict === "nowhere" || (request.egress.verdict === "local-only" && model.locality === "cloud"))
    return refused(fault("cannot", `Not sent to ${id}: the privacy rule "${request.egress.rule}" forbids it.`));
  const call: Call = { model, request, role, attempt: progress.attempts, accept };
  const late = (): Fault | null => {
    if (scope.why !== null) return endedFault(scope.why);
    return scope.elapsed() < running.deadlineMs ? null : overdue(running.deadlineMs);
  };
  const enter = (leases: Leases | Fault): Stream => {
    if ("code" in leases) return refused(leases);
    const f = late();
    if (f !== null) {
      for (const lease of leases) lease.settle(0);
      return refused(f);
    }
    const numbered = call.attempt === progress.attempts ? call : { ...call, attempt: progress.attempts };
    progress.attempts++;
    running.onBegun?.();
    return new Door(deps, numbered, running, found.timeouts, leases, scope).pass(found.provider);
  };
  const f = late();
  if (f !== null) return refused(f);
  const leases = takeAll(deps.limits, call, scope);
  return leases instanceof Promise ? new Late(inTime(leases, running, call, scope).then(enter)) : enter(leases);
}

/** The leases, once their turn has come; or a fault when the request's deadline comes first. */
async function inTime(
  coming: Promise<Leases | Fault>,
  running: Running,
  { model, role }: Call,
  scope: Scope,
): Promise<Leases | Fault> {
  const sinceMs = scope.elapsed();
  const { promise: late, resolve } = Promise.withResolvers<Fault>();
  const ms = Math.max(0, running.deadlineMs - sinceMs);
  using _timer = scope.clock.after(ms, () =>
    resolve(
      fault(
        "overloaded",
        `${model.provider} had no place free in time. Send the request again, or let it run more at once (maxConcurrent).`,
        { afterMs: 1_000, unsent: true },
      ),
    ),
  );
  const leases = await Promise.race([coming, late]);
  if ("code" in leases) {
    // A place that is given all the same goes back at once.
    void coming.then((l) => "code" in l || l.forEach((lease) => void lease.settle(0)));
    if (role !== "judge") scope.span("queue", sinceMs);
    return leases;
  }
  if (role !== "judge") scope.span("queue", sinceMs, running.progress.attempts);
  return leases;
}

const gone = (id: ModelId): Stream =>
  refused(fault("no_model", `The model "${id}" has just left the configuration. Ask again.`, { retry: "elsewhere" }));

const refused = (f: Fault): Stream => new Prefixed<Event>([{ type: "error", fault: f }], null);

type Leases = readonly Lease[];

/** A lease of each limit that the call meets, in their order, or why it may not be made. A promise where it must wait. */
function takeAll(
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
