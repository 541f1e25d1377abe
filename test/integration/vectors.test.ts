import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { openVectors, type Vectors, type VectorsOptions } from "../../server/io/cache/embedder.ts";
import type { Log } from "../../server/kit/log.ts";

/** The worker as it ships. */
const entry = join(import.meta.dirname, "../../dist/server/embedder.js");
const source = join(import.meta.dirname, "../../server/io/cache/embedder.ts");

describe("the embedder", function () {
  this.timeout(30_000);
  const open: Vectors[] = [];
  const folders: string[] = [];
  const said: string[] = [];
  const log: Log = (level, message) => level !== "debug" && said.push(`${level}: ${message}`);
  const vectors = (more: Partial<VectorsOptions> = {}) => {
    const v = openVectors({ entry, log, maxEntries: 1_000, ...more });
    open.push(v);
    return v;
  };
  /** The worker's script in a folder of its own. */
  const script = (text: string) => {
    const folder = mkdtempSync(join(tmpdir(), "sy-"));
    folders.push(folder);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "embedder.js"), text);
    return { folder, entry: join(folder, "embedder.js") };
  };
  /** Threads of this process, where the system lists them. */
  const threads = () => Number(/Threads:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  const all = { k: 10, least: -1, withinMs: 20_000 };
  const settled = async (v: Vectors, size: number) => {
    for (let i = 0; i < 500 && v.size !== size; i++) await sleep(20);
    assert.equal(v.size, size);
  };

  afterEach(async () => {
    await Promise.all(open.splice(0).map((v) => v.close()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    said.length = 0;
  });

  it("finds a paraphrase nearer than an unrelated sentence, and a near duplicate nearest", async () => {
    const v = vectors();
    v.add(1, "s", "Which function puts the items of a Python list in order?");
    v.add(2, "s", "The weather in Berlin was cold and wet all week.");
    v.add(3, "s", "How do I sort a list in Python");
    v.add(4, "other", "How do I sort a list in Python?");
    await settled(v, 4);
    const found = await v.search("s", "How do I sort a list in Python?", all);
    assert.deepEqual(
      found.map((f) => f.id),
      [3, 1, 2],
    );
    const [duplicate, paraphrase, unrelated] = found.map((f) => f.similarity);
    assert.ok(duplicate! > 0.9 && duplicate! < 1, String(duplicate));
    assert.ok(paraphrase! > 0.7, String(paraphrase));
    assert.ok(unrelated! < 0.3, String(unrelated));
    assert.deepEqual(
      (await v.search("s", "How do I sort a list in Python?", { ...all, least: 0.9 })).map((f) => f.id),
      [3],
    );
    assert.equal((await v.search("other", "How do I sort a list in Python?", all))[0]!.similarity.toFixed(4), "1.0000");
    assert.equal(v.problem(), null);
  });

  it("starts no thread before its first call, and finds nothing in a scope without texts", async function () {
    if (!existsSync("/proc/self/status")) this.skip();
    const before = threads();
    const v = vectors();
    assert.equal(threads(), before);
    assert.equal(v.size, 0);
    assert.deepEqual(await v.search("empty", "Is anybody there?", all), []);
    assert.equal(v.problem(), null);
    assert.ok(threads() > before);
  });

  it("answers with nothing when its time is over, and goes on", async () => {
    const v = vectors();
    v.add(1, "s", "What does this function return?");
    assert.deepEqual(await v.search("s", "What does this function return?", { ...all, withinMs: 1 }), []);
    assert.equal((await v.search("s", "What does this function return?", all))[0]?.id, 1);
  });

  it("takes any text: empty, long, and without a letter", async () => {
    const v = vectors();
    const texts = ["", "  \n", "a".repeat(300_000), "\u{1f600}", "\ud800", "\0", "日本語の質問です", "\n\t\n?"];
    for (const [id, text] of texts.entries()) v.add(id, "s", text);
    await settled(v, 6);
    for (const text of texts) await v.search("s", text, all);
    assert.equal(v.problem(), null);
    assert.deepEqual(said, ["info: the sentence model is loaded"]);
  });

  it("searches before others are added, but after those that it is asked to wait for", async () => {
    const all = vectors();
    const texts = Array.from({ length: 30 }, (_, i) => `Sentence number ${i} is about something else.`);
    texts.forEach((text, id) => void all.add(id, "s", text));
    all.add(99, "s", "How do I sort a list in Python?");
    const asked = "How can I sort a list in Python?";
    const found = await all.search("s", asked, { k: 1, least: 0.8, withinMs: 20_000, after: [99] });
    assert.deepEqual(
      found.map((f) => f.id),
      [99],
    );
    assert.ok(all.size < texts.length, "others wait");
  });

  it("forgets what is removed, whether it waits or is there", async () => {
    const v = vectors();
    for (let id = 0; id < 6; id++) v.add(id, "s", `Question number ${id}`);
    v.remove([4]);
    await settled(v, 5);
    v.remove([0, 1, 99]);
    await settled(v, 3);
    const found = await v.search("s", "Question number 1", all);
    assert.deepEqual(found.map((f) => f.id).sort(), [2, 3, 5]);
  });

  it("holds no more than it may", async () => {
    const v = vectors({ maxEntries: 3 });
    for (let id = 0; id < 8; id++) v.add(id, "s", `Question number ${id}`);
    for (let i = 0; i < 200 && !(await v.search("s", "Question number 7", all)).some((f) => f.id === 7); i++);
    assert.equal(v.size, 3);
    assert.deepEqual((await v.search("s", "Question", all)).map((f) => f.id).sort(), [5, 6, 7]);
  });

  it("compares vectors that are given, of any length, without its model", async () => {
    const { folder, entry: alone } = script("");
    copyFileSync(entry, join(folder, "embedder.js")); // and no model beside it
    const v = vectors({ entry: alone });
    const vector = (x: number, length: number) => Float32Array.from({ length }, (_, i) => (i === 0 ? x : 1));
    for (const length of [4_096, 3]) {
      v.add(1, "s", vector(10_000, length));
      v.add(2, "s", vector(-10_000, length));
      await settled(v, 2);
      const found = await v.search("s", vector(9_999, length), { ...all, least: 0 });
      assert.deepEqual(
        found.map((f) => f.id),
        [1],
      );
      v.clear(); // vectors of two lengths can't be compared
      await settled(v, 0);
    }
    v.add(1, "s", vector(1, 3));
    await settled(v, 1);
    v.add(2, "s", vector(1, 4));
    assert.deepEqual(
      (await v.search("s", vector(1, 4), all)).map((f) => f.id),
      [2],
    );
    assert.deepEqual([v.problem(), said], [null, []]);
  });

  it("drops the oldest of more than a thousand that wait", async () => {
    // A stand-in for the worker, whose index is what it was told.
    const { entry } = script(`
      import { parentPort } from "node:worker_threads";
      const ids = [];
      parentPort.on("message", (job) => setTimeout(() => {
        if (job.type === "add") ids.push(job.id);
        parentPort.postMessage({ type: "done", size: ids.length, found: ids.map((id) => ({ id, similarity: 1 })) });
      }, ids.length === 0 ? 100 : 0));
    `);
    const v = vectors({ entry });
    for (let id = 0; id < 1_500; id++) v.add(id, "s", "text");
    await settled(v, 1_001);
    const ids = (await v.search("s", "text", all)).map((f) => f.id);
    assert.deepEqual(ids, [0].concat(Array.from({ length: 1_000 }, (_, i) => 500 + i)));
  });

  it("says what is wrong when its model isn't there, and finds nothing", async () => {
    const { folder, entry: alone } = script("");
    copyFileSync(entry, join(folder, "embedder.js"));
    const v = vectors({ entry: alone });
    v.add(1, "s", "What does this function return?");
    assert.deepEqual(await v.search("s", "What does this function return?", all), []);
    assert.match(v.problem() ?? "", /ENOENT.*embedding/);
    assert.equal(v.size, 0);
  });

  it("says what is wrong when its script isn't there, and tries no more than four times", async () => {
    const v = vectors({ entry: join(tmpdir(), "sy-nowhere/embedder.js") });
    for (let i = 0; i < 8; i++) assert.deepEqual(await v.search("s", "Is anybody there?", all), []);
    assert.match(v.problem() ?? "", /failed too often.*sy-nowhere/);
    assert.equal(said.length, 4);
  });

  it("starts a worker that has crashed again, with the next call", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sy-"));
    folders.push(folder);
    const flag = join(folder, "crashed");
    const { entry: fragile } = script(`
      import { existsSync, writeFileSync } from "node:fs";
      import { parentPort } from "node:worker_threads";
      if (existsSync(${JSON.stringify(flag)})) await import(${JSON.stringify(pathToFileURL(entry))});
      else parentPort.on("message", () => {
        writeFileSync(${JSON.stringify(flag)}, "");
        setTimeout(() => { throw new Error("fell over"); });
      });
    `);
    const v = vectors({ entry: fragile });
    v.add(1, "s", "What does this function return?");
    assert.deepEqual(await v.search("s", "What does this function return?", all), []);
    assert.match(v.problem() ?? "", /fell over/);
    v.add(2, "s", "What does this function return?");
    await settled(v, 1);
    assert.equal((await v.search("s", "What does this function return?", all))[0]?.id, 2);
    assert.equal(v.problem(), null);
  });

  it("ends its thread when it is closed, and answers nothing afterwards", async function () {
    if (!existsSync("/proc/self/status")) this.skip();
    const v = vectors();
    await v.search("s", "Is anybody there?", all);
    const running = threads();
    const asked = v.search("s", "And now? ".repeat(200), all);
    await v.close();
    assert.deepEqual(await asked, []);
    assert.ok(threads() < running, `${threads()} of ${running}`);
    v.add(1, "s", "Still there?");
    assert.deepEqual(await v.search("s", "Still there?", all), []);
    assert.equal(v.problem(), null);
  });

  it("doesn't keep a process alive", async () => {
    const program = `
      import { openVectors } from ${JSON.stringify(pathToFileURL(source))};
      const v = openVectors({ entry: ${JSON.stringify(entry)}, log: () => {}, maxEntries: 9 });
      v.add(1, "s", "one");
      const wait = setTimeout(() => {}, 20_000);
      await v.search("s", "one", { k: 1, least: 0, withinMs: 20_000 });
      clearTimeout(wait);
      console.log("asked");
    `;
    const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", program]);
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += String(chunk);
    });
    const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
    const [code] = await once(child, "exit");
    clearTimeout(late);
    assert.equal(out.trim(), "asked");
    assert.equal(code, 0);
  });
});
