import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Event } from "../../server/domain/event.ts";
import { endedFault, fault } from "../../server/domain/fault.ts";
import { Hold } from "../../server/gateway/run/hold.ts";
import { Channel } from "../../server/kit/channel.ts";
import { Scope } from "../../server/kit/scope.ts";
import { each, type Reader } from "../../server/kit/stream.ts";
import { HeldClock } from "../support/facts.ts";

const piece = (text: string): Event => ({ type: "text", text });
const texts = (events: readonly Event[]): string[] => events.flatMap((e) => (e.type === "text" ? [e.text] : []));

/** A source that always has one more. */
class Gush implements Reader<Event> {
  given = 0;
  left = false;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }
  ready(): IteratorResult<Event, undefined> {
    this.given++;
    return { value: piece(this.#text), done: false };
  }
  next(): Promise<IteratorResult<Event, undefined>> {
    return Promise.resolve(this.ready());
  }
  return(): Promise<IteratorResult<Event, undefined>> {
    this.left = true;
    return Promise.resolve({ value: undefined, done: true });
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

describe("a hold", () => {
  let clock: HeldClock;
  let scope: Scope;
  let source: Channel<Event>;
  beforeEach(() => {
    clock = new HeldClock();
    scope = Scope.root(clock);
    source = new Channel<Event>();
  });
  const read = async (hold: Hold): Promise<Event[]> => {
    const events: Event[] = [];
    await each(hold, (event) => void events.push(event));
    return events;
  };

  it("keeps so many events, and then lets its source wait", async () => {
    const gush = new Gush("x");
    const hold = new Hold(gush, scope);
    await turn();
    assert.equal(gush.given, 10_000);
    for (let i = 0; i < 10_000; i++) assert.ok(hold.ready());
    assert.equal(gush.given, 10_000);
    assert.ok(hold.ready(), "and then reads on directly");
    assert.equal(gush.given, 10_001);
  });

  it("keeps so much text, and one event more", async () => {
    const gush = new Gush("x".repeat(1_000_000));
    new Hold(gush, scope);
    await turn();
    assert.equal(gush.given, 4);
  });

  it("lets go of what it kept and of its source when it is dropped", async () => {
    const gush = new Gush("x");
    const hold = new Hold(gush, scope);
    hold.drop("not wanted");
    assert.ok(gush.left);
    assert.equal(scope.why, "not wanted");
    assert.deepEqual(hold.ready(), { value: undefined, done: true });
    assert.deepEqual(await hold.next(), { value: undefined, done: true });
  });

  it("gives what it kept in its order, and then what comes", async () => {
    source.push(piece("a"));
    const hold = new Hold(source, scope);
    await turn();
    source.push(piece("b"));
    await turn();
    const all = read(hold);
    await turn();
    source.push(piece("c"));
    await turn();
    source.push(piece("d"));
    source.push({ type: "done", stop: "stop" });
    source.close();
    assert.deepEqual(texts(await all), ["a", "b", "c", "d"]);
  });

  it("loses nothing of a read that is under way when it is released", async () => {
    const hold = new Hold(source, scope);
    assert.equal(hold.ready(), null);
    const next = hold.next();
    source.push(piece("a"));
    source.push(piece("b"));
    assert.deepEqual(await next, { value: piece("a"), done: false });
    assert.deepEqual(hold.ready(), { value: piece("b"), done: false });
    assert.equal(hold.ready(), null);
  });

  it("knows when its first content came, which attempt it is and how it failed", async () => {
    const hold = new Hold(source, scope);
    clock.pass(10);
    source.push({ type: "start", attempt: 3, model: "small" });
    await turn();
    assert.deepEqual([hold.attempt, hold.firstMs], [3, null]);
    clock.pass(10);
    source.push({ type: "first" });
    await turn();
    clock.pass(10);
    const broken = fault("upstream_error", "No.");
    source.push({ type: "error", fault: broken });
    await turn();
    assert.deepEqual([hold.firstMs, hold.fault], [20, broken]);
  });

  it("knows when an attempt without content ended", async () => {
    const hold = new Hold(source, scope);
    clock.pass(10);
    source.push({ type: "error", fault: fault("upstream_error", "No.") });
    await turn();
    assert.equal(hold.firstMs, 10);
  });

  it("frees its scope when its source has ended", async () => {
    const child = scope.child();
    new Hold(source, child);
    source.close();
    await turn();
    assert.ok(child.ended);
  });

  it("still ends when its scope ended while it was read", async () => {
    scope.onEnd((why) => {
      source.push({ type: "error", fault: endedFault(why) });
      source.close();
    });
    const hold = new Hold(source, scope);
    const all = read(hold);
    await turn();
    scope.end("the client left");
    assert.deepEqual(
      (await all).map((e) => e.type),
      ["error"],
    );
  });
});
