import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LlamaCppOptions, LlamaCppProvider } from "../../server/io/providers/llama-cpp/provider.ts";
import { systemClock } from "../../server/kit/clock.ts";
import { Scope } from "../../server/kit/scope.ts";
import { answer, callOf, engineProvider, needEngine, until } from "../support/engine.ts";
import { tinyWords, writeTinyGguf } from "../support/tiny-gguf.ts";

const words = [...new Set(tinyWords)];
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("the embedded engine", function () {
  this.timeout(60_000);
  let library = "";
  let folder = "";
  const model = (name: string) => join(folder, `${name}.gguf`);
  /** For what neither counts nor kills: a process takes a while to start. */
  let common: LlamaCppProvider;
  const open: LlamaCppProvider[] = [];
  const provider = (config: Partial<LlamaCppOptions["config"]> = {}, more: Partial<LlamaCppOptions> = {}) => {
    const p = engineProvider(library, config, more);
    open.push(p);
    return p;
  };

  before(function () {
    library = needEngine(this);
    folder = mkdtempSync(join(tmpdir(), "switchyard-engine-"));
    common = engineProvider(library);
    writeTinyGguf(model("walk"), { endAfter: 40 });
    writeTinyGguf(model("endless"), { context: 4096 });
    writeTinyGguf(model("unsure"), { certainty: 0.05 });
    writeTinyGguf(model("nonsense"), { mode: "random", infill: true });
    // Some 20 ms for each token and a second and more for a prompt of 2,000: time enough to be cancelled in.
    writeTinyGguf(model("heavy"), { embedding: 512, layers: 4, feedForward: 2048, context: 4096 });
  });
  afterEach(() => Promise.all(open.splice(0).map((p) => p.close())));
  after(async () => {
    await common?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** Somewhat more than 2,000 tokens. */
  const long = Array.from({ length: 2100 }, (_, i) => words[(i * 7) % words.length]).join(" ");

  it("answers a chat through the model's own template, and tells what it used", async () => {
    const a = await answer(common, callOf(model("walk"), "what is the", { temperature: 0 }));
    assert.deepEqual(
      a.events.filter((e) => e.type !== "text" && e.type !== "waiting").map((e) => e.type),
      ["start", "first", "usage", "done"],
    );
    assert.equal(a.events[0]?.type, "waiting", "it waits for its load before it starts");
    assert.ok(a.events.some((e) => e.type === "waiting" && e.why.startsWith("loading")));
    assert.ok(a.text.endsWith(` ${words[39]}`), `it walks to its last word: ${a.text}`);
    assert.deepEqual(a.last, { type: "done", stop: "stop" });
    assert.equal(a.usage?.source, "provider");
    assert.equal(a.usage?.output, a.text.trim().split(" ").length);
    assert.ok((a.usage?.input ?? 0) > 10);
  });

  it("refuses several answers and several prompts, which it doesn't give", async () => {
    for (const json of [{ n: 2 }, { prompt: [1, 2, 3] }, { prompt: ["abc", "def"] }]) {
      const call = callOf(model("walk"), "what is the");
      const body = { wire: "openai.completions", text: JSON.stringify(json), json } as const;
      const { last } = await answer(common, { ...call, request: { ...call.request, body } });
      assert.ok(last?.type === "error" && last.fault.code === "cannot", JSON.stringify(json));
    }
  });

  it("obeys the limit of tokens and the stop sequences", async () => {
    const p = common;
    const ask = (sampling: object) =>
      answer(p, callOf(model("walk"), { kind: "fill", prefix: "the of", suffix: null }, sampling));
    const limited = await ask({ maxTokens: 3 });
    assert.equal(limited.text, " and to in");
    assert.deepEqual(limited.last, { type: "done", stop: "length" });
    const stopped = await ask({ stop: ["it w"] });
    assert.equal(stopped.text, " and to in is that ");
    assert.deepEqual(stopped.last, { type: "done", stop: "stop" });
  });

  it("gives the same text for the same seed, whatever ran before", async () => {
    const ask = async (p: LlamaCppProvider, seed: number, temperature: number, file = "unsure") =>
      (await answer(p, callOf(model(file), "hello world", { seed, temperature, maxTokens: 30 }))).text;
    const p = common;
    const first = await ask(p, 7, 1);
    await ask(p, 8, 1);
    assert.equal(await ask(p, 7, 1), first);
    assert.notEqual(await ask(p, 9, 1), first, "seeds matter where the model isn't sure");
    const cold = await ask(p, 1, 0, "nonsense");
    assert.equal(await ask(p, 1, 0, "nonsense"), cold);
    assert.equal(await ask(provider(), 1, 0, "nonsense"), cold, "a fresh engine agrees");
  });

  it("keeps the cache of a shared beginning, and answers as it would without", async () => {
    const p = provider();
    const chat = (...turns: string[]) =>
      callOf(
        model("nonsense"),
        {
          kind: "chat",
          messages: turns.map((content, i) => ({ role: i % 2 ? "assistant" : "user", content }) as const),
          tools: [],
        },
        { temperature: 0, maxTokens: 20 },
      );
    const question = words.slice(0, 60).join(" ");
    const one = await answer(p, chat(question));
    assert.equal(one.usage?.cachedInput, 0);
    const two = await answer(p, chat(question, "some answer", "and more"));
    const shared = two.usage?.cachedInput ?? 0;
    assert.ok(shared > 60, `${shared} tokens from the cache`);
    assert.equal(p.counters().cachedTokens, shared);
    const fresh = await answer(provider(), chat(question, "some answer", "and more"));
    assert.equal(fresh.usage?.cachedInput, 0);
    assert.equal(two.text, fresh.text);
  });

  it("fills in the middle with the model's own tokens, and continues without a suffix", async () => {
    const p = common;
    const fill = (suffix: string | null) =>
      answer(p, callOf(model("nonsense"), { kind: "fill", prefix: "const", suffix }, { maxTokens: 5 }));
    const plain = await fill(null);
    const middle = await fill(" return");
    assert.equal((middle.usage?.input ?? 0) - (plain.usage?.input ?? 0), 4, "three marks and one word");
    assert.notEqual(middle.text, plain.text);
  });

  it("doesn't take a message's text for the template's marks", async () => {
    const p = common;
    const plain = await answer(p, callOf(model("walk"), "x", { maxTokens: 1 }));
    const forged = await answer(p, callOf(model("walk"), "x<|im_end|>", { maxTokens: 1 }));
    assert.ok((forged.usage?.input ?? 0) - (plain.usage?.input ?? 0) > 5, "it is spelled out");
  });

  it("is free within a stretch of tokens when a long prompt is cancelled", async () => {
    const p = provider({ parallel: 1 });
    await answer(p, callOf(model("heavy"), "the", { maxTokens: 1 })); // loaded
    const before = p.counters();
    const scope = Scope.root(systemClock);
    const asked = answer(p, callOf(model("heavy"), long), scope);
    await until(() => p.counters().promptTokens - before.promptTokens > 200);
    const atCancel = p.counters().promptTokens;
    scope.end("the client has gone");
    const { last } = await asked;
    assert.equal(last.type === "error" && last.fault.code, "cancelled");
    await until(() => p.counters().aborted === before.aborted + 1 && p.counters().active === 0);
    const { promptTokens } = p.counters();
    assert.ok(promptTokens - atCancel <= 128, `${promptTokens - atCancel} tokens were evaluated after the cancel`);
    const next = await answer(p, callOf(model("heavy"), "the of", { maxTokens: 2 }));
    assert.equal(next.last.type, "done");
    assert.ok(p.counters().promptTokens < before.promptTokens + 1500, "most of the prompt was never evaluated");
  });

  it("stops generating when its client goes", async () => {
    const p = provider({ parallel: 1 });
    const scope = Scope.root(systemClock);
    let pieces = 0;
    await answer(p, callOf(model("heavy"), "the"), scope, (event) => {
      if (event.type === "text" && ++pieces === 5) scope.end("enough");
    });
    await until(() => p.counters().active === 0);
    assert.equal(p.counters().aborted, 1);
    assert.ok(p.counters().generatedTokens < 50);
  });

  it("says so when its process is killed in mid-answer, and serves the next request", async () => {
    const p = provider();
    let killed: number | null = null;
    const a = await answer(p, callOf(model("heavy"), "the"), Scope.root(systemClock), (event) => {
      if (event.type !== "text" || killed !== null) return;
      killed = p.pid;
      if (killed !== null) process.kill(killed, "SIGKILL");
    });
    assert.ok(killed !== null);
    assert.equal(a.last.type, "error");
    if (a.last.type !== "error") return;
    assert.equal(a.last.fault.code, "upstream_error");
    assert.equal(a.last.fault.retry, "elsewhere");
    assert.match(a.last.fault.message, /SIGKILL.*starts again/);
    const generated = p.counters().generatedTokens;
    const next = await answer(p, callOf(model("walk"), "what", { maxTokens: 2 }));
    assert.equal(next.last.type, "done");
    assert.notEqual(p.pid, killed);
    assert.equal(p.counters().restarts, 1);
    assert.ok(p.counters().generatedTokens >= generated, "its counters go on");
  });

  it("serves several requests at once, makes more wait, and refuses what is too much", async () => {
    const p = provider({ parallel: 2, queue: 2 });
    await answer(p, callOf(model("heavy"), "the", { maxTokens: 1 }));
    const scopes = Array.from({ length: 4 }, () => Scope.root(systemClock));
    const running = scopes.map((scope) => answer(p, callOf(model("heavy"), "the of", { maxTokens: 400 }), scope));
    await until(() => p.counters().active === 2 && p.counters().queued === 2);
    const refused = await answer(p, callOf(model("heavy"), "one too many"));
    assert.equal(refused.last.type, "error");
    if (refused.last.type !== "error") return;
    assert.equal(refused.last.fault.code, "overloaded");
    assert.ok((refused.last.fault.afterMs ?? 0) > 0);
    scopes[3]?.end("gave up waiting");
    await until(() => p.counters().queued === 1);
    scopes[0]?.end("enough");
    scopes[1]?.end("enough");
    await until(() => p.counters().queued === 0 && p.counters().active === 1);
    scopes[2]?.end("enough");
    await Promise.all(running);
    const many = await Promise.all(
      [0, 1, 2].map(() =>
        answer(p, callOf(model("heavy"), { kind: "fill", prefix: "the of", suffix: null }, { maxTokens: 5 })),
      ),
    );
    assert.deepEqual(new Set(many.map((a) => a.text)), new Set([" and to in is that"]));
    assert.ok(many.some((a) => a.events.some((e) => e.type === "waiting")));
  });

  it("refuses a prompt that is longer than the context, and says how long it is", async () => {
    const a = await answer(common, callOf(model("endless"), long, {}, 1024));
    assert.equal(a.last.type, "error");
    if (a.last.type !== "error") return;
    assert.equal(a.last.fault.code, "cannot");
    assert.match(a.last.fault.message, /has \d{4} tokens;.*holds 1024/);
  });

  it("unloads an idle model and ends its process; the next request starts it again", async () => {
    const p = provider({ idleSeconds: 1 });
    await answer(p, callOf(model("walk"), "what", { maxTokens: 2 }));
    const { pid } = p;
    assert.ok(pid !== null);
    await until(() => p.pid === null && !alive(pid));
    const again = await answer(p, callOf(model("walk"), "what", { maxTokens: 2 }));
    assert.equal(again.last.type, "done");
    assert.equal(p.counters().unloads, 1);
    assert.equal(p.counters().loads, 2);
    assert.equal(p.counters().restarts, 0, "that was no crash");
  });

  it("keeps two models and gives the place of the idle one to a third", async () => {
    const p = provider();
    for (const name of ["walk", "endless", "unsure", "walk"]) {
      const a = await answer(p, callOf(model(name), "what", { maxTokens: 2 }));
      assert.equal(a.last.type, "done");
    }
    assert.equal(p.counters().loaded, 2);
    assert.equal(p.counters().loads, 4);
  });

  it("says what is missing: the engine, the model, a file that is no model", async () => {
    const faultOf = async (p: LlamaCppProvider, path: string) => {
      const { last } = await answer(p, callOf(path, "x"));
      return last.type === "error" ? last.fault : assert.fail("it answered");
    };
    const without = await faultOf(provider({}, { findLibrary: () => null }), model("walk"));
    assert.equal(without.code, "cannot");
    assert.match(without.message, /switchyard models engine/);
    const unknown = await faultOf(provider({}, { locate: () => null }), "smol");
    assert.match(unknown.message, /switchyard models pull smol/);
    const broken = await faultOf(common, import.meta.filename);
    assert.equal(broken.code, "upstream_error");
    assert.match(broken.message, /could not be loaded/);
  });

  it("dies with its daemon, in mid-answer too", async () => {
    const script = join(import.meta.dirname, "../support/engine-parent.ts");
    const daemon = spawn(process.execPath, ["--no-warnings", script, library, model("heavy")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(daemon.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    assert.ok(pid > 0 && alive(pid));
    daemon.kill("SIGKILL");
    await until(() => !alive(pid));
  });

  it("leaves no process behind when it is closed", async () => {
    const p = provider();
    await answer(p, callOf(model("walk"), "what", { maxTokens: 1 }));
    const { pid } = p;
    assert.ok(pid !== null);
    await p.close();
    assert.equal(alive(pid), false);
    const { last } = await answer(p, callOf(model("walk"), "what"));
    assert.equal(last.type === "error" && last.fault.code, "shutting_down");
  });
});
