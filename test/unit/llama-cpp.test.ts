import assert from "node:assert/strict";
import { Engine } from "../../server/io/providers/llama-cpp/engine/engine.ts";
import type { Ending, LoadedModel, LoadModel, Watcher } from "../../server/io/providers/llama-cpp/engine/model.ts";
import { Pace } from "../../server/io/providers/llama-cpp/engine/pace.ts";
import { Cancelled, Refusal } from "../../server/io/providers/llama-cpp/engine/refusal.ts";
import { Speller, Stopper } from "../../server/io/providers/llama-cpp/engine/text.ts";
import { tokensOf } from "../../server/io/providers/llama-cpp/engine/tokens.ts";
import { systemClock, type Timer } from "../../server/kit/clock.ts";
import type { EngineJob, FromEngine } from "../../server/protocol/engine.ts";

describe("stop sequences", () => {
  const through = (stops: string[], pieces: string[]) => {
    const stopper = new Stopper(stops);
    const said = pieces.map((piece) => stopper.push(piece));
    if (!stopper.stopped) said.push(stopper.flush());
    return { said, stopped: stopper.stopped };
  };

  it("are found across pieces, and nothing of them is passed on", () => {
    assert.deepEqual(through(["END"], ["one E", "N", "D two"]), { said: ["one ", "", ""], stopped: true });
  });
  it("hold back only what may become one", () => {
    assert.deepEqual(through(["END"], ["one E", "Nough"]), { said: ["one ", "ENough", ""], stopped: false });
    assert.deepEqual(through(["aab"], ["aa", "ab"]), { said: ["", "a"], stopped: true });
  });
  it("give back at the end what was held for nothing", () => {
    assert.deepEqual(through(["\n\n"], ["x\n"]), { said: ["x", "\n"], stopped: false });
  });
  it("the first in the text counts, whatever their order", () => {
    assert.deepEqual(through(["b", "a"], ["xab"]), { said: ["x"], stopped: true });
  });
  it("an empty one is no stop", () => {
    assert.deepEqual(through([""], ["x"]), { said: ["x", ""], stopped: false });
  });
});

describe("spelling tokens", () => {
  /** A token is a byte. */
  const bytes = { detokenize: (tokens: readonly number[]) => Buffer.from(tokens).toString("utf8") };
  const spell = (...tokens: number[]) => {
    const speller = new Speller(bytes, []);
    return [...tokens.map((token) => speller.push(token)), speller.flush()];
  };

  it("waits until a character is whole", () => {
    assert.deepEqual(spell(0x61, 0xc3, 0xa9), ["a", "", "é", ""]);
    assert.equal(spell(...Buffer.from("😀")).join(""), "😀");
  });
  it("passes on what is broken for good", () => {
    assert.equal(spell(0xc3).join(""), "\uFFFD");
    assert.equal(spell(0xff, 0xff, 0xff, 0xff, 0x61).at(-2), "a");
  });
});

describe("the pace of reading a prompt", () => {
  it("slows down where a stretch takes long and speeds up where it doesn't, within bounds", () => {
    const pace = new Pace(64);
    const start = pace.size;
    pace.took(200);
    assert.equal(pace.size, start / 2);
    for (let i = 0; i < 10; i++) pace.took(200);
    assert.ok(pace.size >= 1);
    for (let i = 0; i < 10; i++) pace.took(1);
    assert.equal(pace.size, 64);
    pace.took(40);
    assert.equal(pace.size, 64, "what is right stays");
  });
});

describe("the tokens of a prompt", () => {
  /** Every character is a token; marks of the template, in angle brackets, are one token only where it is allowed. */
  const model = (template: string | undefined, infill = false) => ({
    fileInfo: { metadata: { tokenizer: template === undefined ? {} : { chat_template: template } } },
    tokens: {
      bos: 1,
      bosString: "<s>",
      eosString: "</s>",
      shouldPrependBosToken: true,
      infill: infill ? { prefix: 2, suffix: 3, middle: 4 } : { prefix: null, suffix: null, middle: null },
    },
    tokenize: (text: string, special: boolean) =>
      (special ? (text.match(/<\w+>|./gsu) ?? []) : [...text]).map((t) =>
        t.length > 1 && special ? 9000 : t.codePointAt(0)!,
      ),
  });
  type Values = { messages: { role: string; content: string }[] };
  const render = (_: string, values: Readonly<Record<string, unknown>>) =>
    (values as unknown as Values).messages.map((m) => `<${m.role}>${m.content}`).join("");
  const text = (tokens: number[]) =>
    tokens.map((t) => (t > 8999 ? "◆" : t < 10 ? t : String.fromCodePoint(t))).join("");

  it("are the template's, with each message's text as plain text", () => {
    const chat = { kind: "chat", messages: [{ role: "user", content: "a<user>b" }] } as const;
    assert.equal(text(tokensOf(chat, model("t"), render)), "1◆a<user>b");
  });
  it("take turns where the template insists", () => {
    const strict = (_: string, values: Readonly<Record<string, unknown>>) => {
      if ((values as unknown as Values).messages.some((m) => m.role === "system")) throw new Error("no system");
      return render(_, values);
    };
    const messages = [
      { role: "system", content: "s" },
      { role: "user", content: "u" },
    ] as const;
    assert.equal(text(tokensOf({ kind: "chat", messages }, model("t"), strict)), "1◆s\n\nu");
  });
  it("are refused without a template, or with one that can't", () => {
    const chat = { kind: "chat", messages: [{ role: "user", content: "x" }] } as const;
    assert.throws(() => tokensOf(chat, model(undefined), render), Refusal);
    const broken = () => {
      throw new Error("bad template");
    };
    assert.throws(() => tokensOf(chat, model("t"), broken), /bad template/);
  });
  it("fill in the middle where the model can and there is a suffix", () => {
    const fill = { kind: "fill", prefix: "a", suffix: "b" } as const;
    assert.equal(text(tokensOf(fill, model(undefined, true), render)), "12a3b4");
    assert.equal(text(tokensOf(fill, model(undefined), render)), "1a");
    assert.equal(text(tokensOf({ ...fill, suffix: null }, model(undefined, true), render)), "1a");
  });
});

describe("the engine's queue", () => {
  const usage = { input: 1, cachedInput: 0, cacheWrite: 0, output: 1, reasoning: 0, source: "provider" } as const;

  /** Models that load and answer when told to. */
  function stage(settings = { parallel: 1, queue: 2, idleSeconds: 60 }) {
    const sent: FromEngine[] = [];
    const loads: { name: string; done: () => void; fail: (e: Error) => void }[] = [];
    const runs = new Map<number, { watcher: Watcher; done: (ending?: Ending) => void; fail: (e: Error) => void }>();
    const disposed: string[] = [];
    const timers: { ms: number; ring: () => void; cancelled: boolean }[] = [];
    const load: LoadModel = (model) =>
      new Promise((resolve, reject) => {
        const loaded: LoadedModel = {
          slots: settings.parallel,
          run: (job, watcher) =>
            new Promise((done, fail) => {
              runs.set(job.id, { watcher, done: (e) => done(e ?? { stop: "stop", usage }), fail });
            }),
          dispose: async () => {
            disposed.push(model.name);
          },
        };
        loads.push({ name: model.name, done: () => resolve(loaded), fail: reject });
      });
    const clock = {
      ...systemClock,
      after(ms: number, ring: () => void): Timer {
        const timer = { ms, ring, cancelled: false };
        timers.push(timer);
        const cancel = () => {
          timer.cancelled = true;
        };
        return { restart() {}, cancel, [Symbol.dispose]: cancel };
      },
    };
    const engine = new Engine(settings, load, (m) => sent.push(m), clock);
    const job = (id: number, name = "a"): EngineJob => ({
      id,
      model: { name, path: `/${name}`, contextSize: null },
      prompt: { kind: "fill", prefix: "x", suffix: null },
      sampling: {},
    });
    const said = (id: number) => sent.flatMap((m) => (m.type !== "tally" && m.id === id ? [m] : []));
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    return { engine, sent, loads, runs, disposed, timers, job, said, settle };
  }

  it("loads a model once for all who want it, and tells them so", async () => {
    const s = stage({ parallel: 2, queue: 0, idleSeconds: 60 });
    s.engine.generate(s.job(1));
    s.engine.generate(s.job(2));
    assert.equal(s.loads.length, 1);
    assert.deepEqual(s.said(2), [{ type: "waiting", id: 2, why: "loading a" }]);
    s.loads[0]?.done();
    await s.settle();
    assert.deepEqual([...s.runs.keys()], [1, 2]);
    assert.equal(s.said(1).at(-1)?.type, "running");
  });

  it("serves in order, and refuses what the queue has no place for", async () => {
    const s = stage();
    for (let id = 1; id <= 3; id++) s.engine.generate(s.job(id));
    s.engine.generate(s.job(4));
    const refused = s.said(4)[0];
    assert.ok(refused?.type === "refused" && refused.code === "overloaded" && (refused.afterMs ?? 0) > 0);
    s.loads[0]?.done();
    await s.settle();
    assert.deepEqual([...s.runs.keys()], [1]);
    s.runs.get(1)?.done();
    await s.settle();
    assert.deepEqual([...s.runs.keys()], [1, 2]);
    assert.equal(s.said(1).at(-1)?.type, "done");
  });

  it("lets a waiting job go at once and a running one at its next look", async () => {
    const s = stage();
    s.engine.generate(s.job(1));
    s.loads[0]?.done();
    await s.settle();
    s.engine.generate(s.job(2));
    s.engine.cancel(2);
    assert.equal(s.engine.tally().queued, 0);
    const run = s.runs.get(1);
    assert.equal(run?.watcher.cancelled(), false);
    s.engine.cancel(1);
    assert.equal(run?.watcher.cancelled(), true);
    run?.fail(new Cancelled());
    await s.settle();
    const { aborted, active } = s.engine.tally();
    assert.deepEqual([aborted, active], [2, 0]);
  });

  it("gives the place of the model that has been idle longest to a third", async () => {
    const s = stage();
    for (const [id, name] of [
      [1, "a"],
      [2, "b"],
    ] as const) {
      s.engine.generate(s.job(id, name));
      s.loads.at(-1)?.done();
      await s.settle();
      s.runs.get(id)?.done();
      await s.settle();
    }
    s.engine.generate(s.job(3, "c"));
    await s.settle();
    assert.deepEqual(s.disposed, ["a"]);
    assert.equal(s.loads.at(-1)?.name, "c");
  });

  it("waits with a third model while both are busy", async () => {
    const s = stage();
    for (const [id, name] of [
      [1, "a"],
      [2, "b"],
    ] as const) {
      s.engine.generate(s.job(id, name));
      s.loads.at(-1)?.done();
      await s.settle();
    }
    s.engine.generate(s.job(3, "c"));
    await s.settle();
    assert.equal(s.loads.length, 2);
    s.runs.get(2)?.done();
    await s.settle();
    assert.deepEqual(s.disposed, ["b"]);
    assert.equal(s.loads.at(-1)?.name, "c");
  });

  it("unloads a model when it has been idle, and not before", async () => {
    const s = stage();
    s.engine.generate(s.job(1));
    s.loads[0]?.done();
    await s.settle();
    const idle = () => s.timers.filter((t) => t.ms === 60_000 && !t.cancelled);
    assert.equal(idle().length, 0, "it is running");
    s.runs.get(1)?.done();
    await s.settle();
    assert.equal(idle().length, 1);
    idle()[0]?.ring();
    await s.settle();
    assert.deepEqual(s.disposed, ["a"]);
    const { loaded, unloads } = s.engine.tally();
    assert.deepEqual([loaded, unloads], [0, 1]);
  });

  it("tells all who wait when a model can't be loaded, and tries again for the next", async () => {
    const s = stage();
    s.engine.generate(s.job(1));
    s.engine.generate(s.job(2));
    s.loads[0]?.fail(new Error("not enough memory."));
    await s.settle();
    for (const id of [1, 2]) {
      const last = s.said(id).at(-1);
      assert.ok(last?.type === "refused" && /not enough memory/.test(last.message));
    }
    s.engine.generate(s.job(3));
    assert.equal(s.loads.length, 2);
  });
});
