import assert from "node:assert/strict";
import { Delivery, type DeliveryDeps } from "../../extension/feedback/delivery.ts";

function delivery(send: DeliveryDeps["send"]): {
  delivery: Delivery;
  waits: number[];
  warned: string[];
  taken: () => number;
} {
  const waits: number[] = [];
  const warned: string[] = [];
  let taken = 0;
  return {
    delivery: new Delivery({
      send,
      wait: async (ms) => void waits.push(ms),
      taken: () => taken++,
      log: { warn: (text) => warned.push(text), debug: () => {} },
    }),
    waits,
    warned,
    taken: () => taken,
  };
}

describe("telling the daemon what became of an answer", () => {
  it("is tried again while the daemon is away", async () => {
    let fails = 2;
    const sent: string[] = [];
    const d = delivery(async (trace, signal) => {
      if (fails-- > 0) throw new Error("The daemon was restarted.");
      sent.push(`${trace} ${signal}`);
      return true;
    });
    await d.delivery.tell("t", "undone");
    assert.deepEqual(sent, ["t undone"]);
    assert.equal(d.waits.length, 2);
    assert.deepEqual(d.warned, []);
    assert.equal(d.taken(), 1);
  });
  it("is given up after some tries, with a line in the log and no more", async () => {
    const d = delivery(() => Promise.reject(new Error("The daemon was restarted.")));
    await d.delivery.tell("t", "kept");
    assert.equal(d.waits.length, 3);
    assert.equal(d.warned.length, 1);
    assert.match(d.warned[0]!, /t \(kept\).*The daemon was restarted\./);
  });
  it("is no news when the daemon has forgotten the answer", async () => {
    const d = delivery(async () => false);
    await d.delivery.tell("t", "kept");
    assert.deepEqual([d.taken(), d.waits.length, d.warned.length], [0, 0, 0]);
  });
  it("never piles up: what is too much is dropped", async () => {
    let sent = 0;
    const never = new Promise<boolean>(() => {});
    const d = delivery(() => {
      sent++;
      return never;
    });
    for (let i = 0; i < 100; i++) void d.delivery.tell(`t${i}`, "kept");
    assert.equal(sent, 64);
    assert.equal(d.warned.length, 36);
  });
});
