import assert from "node:assert/strict";
import type { Event } from "../../server/domain/event.ts";
import { answered, fault } from "../../server/domain/fault.ts";
import type { Request } from "../../server/domain/request.ts";
import { Embeddings } from "../../server/gateway/embeddings.ts";
import type { Progress, Running } from "../../server/gateway/running.ts";
import { Channel } from "../../server/kit/channel.ts";
import { systemClock } from "../../server/kit/clock.ts";
import { Scope } from "../../server/kit/scope.ts";
import { Prefixed } from "../../server/kit/stream.ts";

const request: Request = {
  id: "r1",
  kind: "chat",
  stream: true,
  origin: { surface: "http", wire: "openai.chat", client: "test", workspace: "w", session: null, atMs: 0 },
  wishes: { model: "small", sampling: { temperature: 0 }, needs: [] },
  egress: { verdict: "local-only", rule: "offline" },
  prompt: { kind: "chat", messages: [{ role: "user", content: "Why?" }], tools: [] },
};
const question = { scope: "s", text: "Why?" };
const progress = { attempts: 3 } as Progress; // no more of it is looked at
const vector = new Float32Array([1, 0]);
const good: readonly Event[] = [
  { type: "first" },
  { type: "vectors", vectors: [vector] },
  { type: "done", stop: "stop" },
];

describe("the vector of a question", () => {
  const made = ({ events = good, usable = true } = {}) => {
    const asked: { running: Running; role: string; scope: Scope }[] = [];
    const embeddings = new Embeddings({
      embedder: () => ({ model: "embed", space: "one" }),
      attempt: (running, _model, role, scope) => {
        asked.push({ running, role, scope });
        return new Prefixed(events, null);
      },
      usable: () => usable,
    });
    const scope = Scope.root(systemClock);
    return { asked, embeddings, scope, of: () => embeddings.of(question, request, progress, scope)! };
  };

  it("is asked for once, as an attempt of its request and under its verdict", async () => {
    const { asked, of } = made();
    const embedding = of();
    assert.deepEqual(await Promise.all([embedding.vector(1_000), embedding.vector(10_000)]), [vector, vector]);
    assert.equal(asked.length, 1);
    const { running, role } = asked[0]!;
    assert.deepEqual([role, running.progress, running.withinMs], ["enrich", progress, 1_000]);
    assert.deepEqual(running.request, {
      id: "r1",
      kind: "embedding",
      stream: false,
      origin: request.origin,
      wishes: { model: "embed", priority: "interactive", sampling: {}, needs: ["embeddings"] },
      egress: request.egress,
      prompt: { kind: "texts", texts: ["Why?"] },
    });
  });

  it("lets others go first where the answer is there already", async () => {
    const { asked, scope, of } = made();
    scope.end(answered);
    assert.equal(await of().vector(10_000), vector);
    assert.equal(asked[0]?.running.request.wishes.priority, "batch");
  });

  it("isn't there when the attempt fails, before or after it came, or throws", async () => {
    const failed: Event = { type: "error", fault: fault("upstream_error", "no") };
    assert.equal(
      await made({ events: [failed] })
        .of()
        .vector(1_000),
      null,
    );
    assert.equal(
      await made({ events: [...good.slice(0, 2), failed] })
        .of()
        .vector(1_000),
      null,
    );
    const broken = new Embeddings({
      embedder: () => ({ model: "embed", space: "one" }),
      attempt: () => assert.fail("a stream never does this"),
      usable: () => true,
    });
    assert.equal(await broken.of(question, request, progress, Scope.root(systemClock))!.vector(1_000), null);
  });

  it("is asked of no model that can't give it or keeps failing, and of none once the daemon stops", async () => {
    const unusable = made({ usable: false });
    assert.equal(await unusable.of().vector(1_000), null);
    const stopped = made();
    stopped.embeddings.close();
    assert.equal(await stopped.of().vector(1_000), null);
    assert.equal(unusable.asked.length + stopped.asked.length, 0);
  });

  it("is given up with its request, but not because that was answered", async () => {
    for (const [why, ends] of [
      ["the client left", true],
      [answered, false],
    ] as const) {
      const scope = Scope.root(systemClock);
      const events = new Channel<Event>();
      let own: Scope | null = null;
      const embeddings = new Embeddings({
        embedder: () => ({ model: "embed", space: "one" }),
        attempt: (_running, _model, _role, s) => {
          own = s;
          return events;
        },
        usable: () => true,
      });
      const coming = embeddings.of(question, request, progress, scope)!.vector(1_000);
      scope.end(why);
      assert.equal(own!.ended, ends);
      for (const event of good) events.push(event);
      events.close();
      await coming;
    }
  });
});
