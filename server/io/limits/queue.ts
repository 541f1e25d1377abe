import type { Call } from "../../domain/event.ts";
import { endedFault, type Fault } from "../../domain/fault.ts";
import type { Lease } from "../../domain/limit.ts";
import type { Scope } from "../../kit/scope.ts";

export type Answer = Lease | Fault;

/** One who waits, until its turn or its scope's end. */
export class Waiter implements Linked<Waiter> {
  prev: Waiter | null = null;
  next: Waiter | null = null;
  client: Client | null = null;
  readonly answer: Promise<Answer>;
  readonly #queue: Queue;
  readonly #wake: () => void;
  #given: Answer | null = null;

  constructor(scope: Scope, queue: Queue) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue = queue;
    this.#wake = resolve;
    // The scope may end between the turn and its being noticed: till then the place goes back with it.
    this.answer = promise.then(() => {
      scope.offEnd(this.#leave);
      return this.#given!;
    });
    scope.onEnd(this.#leave);
  }

  give(lease: Lease): void {
    this.#given = lease;
    this.#wake();
  }

  readonly #leave = (why: string): void => {
    const given = this.#given;
    this.#given = endedFault(why);
    if (given === null) this.#queue.remove(this);
    else if ("settle" in given) given.settle(null);
    this.#wake();
  };
}

/** In what order those who wait get their turns. A judge's few tokens hold up a whole answer. */
function rankOf({ role, request }: Call): number {
  if (role === "judge") return 0;
  const { kind, origin, stream, wishes } = request;
  const silent = origin.surface === "http" && !stream && kind !== "completion";
  if (wishes.priority === undefined ? silent : wishes.priority === "batch") return 3;
  return kind === "completion" ? 1 : 2;
}

/** After so many turns of others, one of those below gets one. */
const patience = 8;

/** Those who wait: by rank, in a rank by turns between clients, of a client in the order in which they came. */
export class Queue {
  size = 0;
  readonly #ranks: readonly Rank[] = [new Rank(), new Rank(), new Rank(), new Rank()];

  push(call: Call, waiter: Waiter): void {
    this.size++;
    const { client, workspace, session } = call.request.origin;
    this.#ranks[rankOf(call)]!.push(`${client}\0${workspace ?? ""}\0${session ?? ""}`, waiter);
  }

  remove(waiter: Waiter): void {
    this.size--;
    waiter.client!.rank.remove(waiter);
  }

  /** Whose turn it is; there has to be one. */
  next(): Waiter {
    let chosen: Rank | null = null;
    for (const rank of this.#ranks) {
      if (rank.empty) continue;
      if (chosen === null || (rank.passed >= patience && chosen.passed < patience)) chosen = rank;
    }
    for (let i = this.#ranks.length - 1; this.#ranks[i] !== chosen; i--) this.#ranks[i]!.passed++;
    const waiter = chosen!.first();
    chosen!.passed = 0;
    this.remove(waiter);
    return waiter;
  }
}

class Rank {
  /** Turns of those above while somebody waited here. */
  passed = 0;
  readonly #turns = new Chain<Client>();
  readonly #clients = new Map<string, Client>();

  get empty(): boolean {
    return this.#turns.first === null;
  }

  push(key: string, waiter: Waiter): void {
    if (this.empty) this.passed = 0;
    let client = this.#clients.get(key);
    if (!client) {
      client = new Client(key, this);
      this.#clients.set(key, client);
      this.#turns.push(client);
    }
    client.waiters.push(waiter);
    waiter.client = client;
  }

  /** The first of the client whose turn it is; the next turn is another's. */
  first(): Waiter {
    const client = this.#turns.first!;
    this.#turns.remove(client);
    this.#turns.push(client);
    return client.waiters.first!;
  }

  remove(waiter: Waiter): void {
    const client = waiter.client!;
    client.waiters.remove(waiter);
    if (client.waiters.first !== null) return;
    this.#turns.remove(client);
    this.#clients.delete(client.key);
  }
}

class Client implements Linked<Client> {
  prev: Client | null = null;
  next: Client | null = null;
  readonly key: string;
  readonly rank: Rank;
  readonly waiters = new Chain<Waiter>();

  constructor(key: string, rank: Rank) {
    this.key = key;
    this.rank = rank;
  }
}

interface Linked<T> {
  prev: T | null;
  next: T | null;
}

/** A list out of whose middle one can leave without being looked for. */
class Chain<T extends Linked<T>> {
  first: T | null = null;
  #last: T | null = null;

  push(item: T): void {
    item.prev = this.#last;
    item.next = null;
    if (this.#last === null) this.first = item;
    else this.#last.next = item;
    this.#last = item;
  }

  remove(item: T): void {
    const { prev, next } = item;
    item.prev = null;
    item.next = null;
    if (prev === null) this.first = next;
    else prev.next = next;
    if (next === null) this.#last = prev;
    else next.prev = prev;
  }
}
