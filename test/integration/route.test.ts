import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import type { ConfigInput } from "../../server/protocol/config.ts";
import type { RouteFault, RouteLine } from "../../server/protocol/route.ts";
import { bin, newHome, runCommand } from "../support/daemon.ts";
import { hard } from "../support/questions.ts";

const config: ConfigInput = {
  providers: {
    gpu: { kind: "openai", baseUrl: "http://127.0.0.1:9/v1" },
    cloud: { kind: "openai", baseUrl: "https://api.example.com/v1" },
  },
  models: {
    small: { provider: "gpu", name: "s", tier: "local" },
    large: { provider: "cloud", name: "l", tier: "premium", abilities: ["chat", "tools"] },
  },
  routing: { primary: "small", escalation: "large" },
};

async function lines(stdin: string | Buffer, written?: ConfigInput) {
  using home = newHome();
  if (written) writeFileSync(home.configFile, JSON.stringify(written));
  const args = ["route", "--jsonl", "--data", home.dataDir, ...(written ? ["--config", home.configFile] : [])];
  const ended = await runCommand(args, home.env, stdin);
  assert.ok(!existsSync(home.dataDir), "no data folder is made");
  const answers = ended.stdout
    .split("\n")
    .slice(0, -1)
    .map((l) => JSON.parse(l) as RouteLine & Partial<RouteFault>);
  return { ...ended, answers };
}

describe("switchyard route", () => {
  it("decides each line in its order, without a configuration", async () => {
    const ids = Array.from({ length: 3000 }, (_, i) => i);
    const { code, answers } = await lines(
      ids.map((id) => JSON.stringify({ id, prompt: id % 2 ? hard : "Say hello." })).join("\r\n\r\n"),
    );
    assert.equal(code, 0);
    assert.deepEqual(
      answers.map((a) => a.id),
      ids,
    );
    const [easy, difficult] = answers;
    assert.deepEqual(Object.keys(easy!), [
      "id",
      "route",
      "model",
      "tier",
      "difficulty",
      "task",
      "score",
      "confidence",
      "reason",
      "stage",
      "us",
    ]);
    assert.deepEqual([easy!.model, easy!.tier, difficult!.model, difficult!.tier], [null, "local", null, "premium"]);
    assert.ok(difficult!.score > easy!.score && easy!.us > 0);
  });

  it("takes null for what isn't said, and tells in words what is wrong with a line", async () => {
    const { code, answers } = await lines(
      [
        { id: 1, prompt: "Say hello.", messages: null },
        { id: 2, prompt: null, messages: [{ role: "user", content: "Say hello." }] },
        { id: 3, prompt: null, messages: null },
        { id: 4, prompt: 5 },
        { id: 5, messages: [] },
        { id: 6, prompt: "", quality: 2 },
      ]
        .map((line) => JSON.stringify(line))
        .join("\n"),
    );
    assert.equal(code, 1);
    assert.deepEqual(
      answers.map((a) => a.error?.message ?? a.task),
      [
        "chat",
        "chat",
        'Say either "prompt" or "messages".',
        '"prompt": must be a text.',
        '"messages": has no message.',
        '"quality": must be a number from 0 to 1, or one of cost, balanced, quality.',
      ],
    );
  });

  it("names the configuration's models, and takes what a line says of itself", async () => {
    const { answers } = await lines(
      [
        { id: "a", prompt: "Say hello." },
        { id: "b", prompt: "Say hello.", quality: 1 },
        { id: "c", prompt: "Say hello.", model: "large" },
        { id: "d", prompt: "Say hello.", tools: true },
        { id: "e", prompt: "Say hello.", task: "title" },
        { id: "f", prompt: "Why?", task: "knowledge" },
        {
          id: "g",
          messages: [
            { role: "system", content: "Be brief." },
            { role: "user", content: "Say hello." },
          ],
        },
        { id: "h", prompt: `My key is AKIA${"ABCDEFGH".repeat(2)}. ${hard}` },
      ]
        .map((line) => JSON.stringify(line))
        .join("\n"),
      config,
    );
    assert.deepEqual(
      answers.map((a) => [a.id, a.model, a.stage, a.task]),
      [
        ["a", "small", "classifier", "chat"],
        ["b", "large", "classifier", "chat"],
        ["c", "large", "override", "chat"],
        ["d", "large", "rules", "agent"],
        ["e", "small", "rules", "title"],
        ["f", "small", "classifier", "explain"],
        ["g", "small", "classifier", "chat"],
        ["h", "small", "rules", "fix"],
      ],
    );
  });

  it("puts an error in the place of a line that it can't decide, answers the others, and ends with 1", async () => {
    const bad = [
      "{no json",
      "[1]",
      '{"prompt":"x"}',
      '{"id":4}',
      '{"id":5,"prompt":"x","model":"nobody"}',
      '{"id":6,"prompt":"x","quality":2}',
      '{"id":7,"messages":[]}',
    ];
    const whole = (id: number) => JSON.stringify({ id, prompt: "Say hello." });
    const { code, answers } = await lines(
      Buffer.concat([
        Buffer.from(`${whole(0)}\n${bad.join("\n")}\n`),
        Buffer.from([0x22, 0xff, 0x22, 0x0a]),
        Buffer.from(whole(9)),
      ]),
    );
    assert.equal(code, 1);
    assert.deepEqual(
      answers.map((a) => [a.id, a.error?.code ?? null]),
      [
        [0, null],
        [null, "bad_request"],
        [null, "bad_request"],
        [null, "bad_request"],
        [4, "bad_request"],
        [5, "no_model"],
        [6, "bad_request"],
        [7, "bad_request"],
        [null, "bad_request"],
        [9, null],
      ],
    );
    for (const { error } of answers) if (error) assert.match(error.message, /^[A-Z"].*\.$/);
  });

  it("ends quietly when its reader goes", async () => {
    using home = newHome();
    const child = spawn(process.execPath, [bin, "route", "--jsonl"], { env: { ...home.env }, stdio: "pipe" });
    let stderr = "";
    child.stderr.on("data", (s) => (stderr += s));
    child.stdin.on("error", () => {}); // it doesn't read on either
    child.stdin.write(`${JSON.stringify({ id: 1, prompt: "x" })}\n`);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.stdout.destroy();
    const line = `${JSON.stringify({ id: 1, prompt: "x".repeat(1000) })}\n`.repeat(1000);
    const more = setInterval(() => child.stdin.writable && child.stdin.write(line), 5);
    const code = await new Promise((resolve) => child.on("close", resolve));
    clearInterval(more);
    assert.deepEqual([code, stderr], [0, ""]);
  });

  it("refuses wrong use and a bad configuration with 2", async () => {
    using home = newHome();
    for (const args of [[], ["--jsonl", "text"], ["a", "b"], ["--quality", "2", "a"], ["--nothing"]])
      assert.equal((await runCommand(["route", ...args], home.env, "")).code, 2, args.join(" "));
    writeFileSync(home.configFile, "{ nothing");
    assert.equal((await runCommand(["route", "--jsonl", "--config", home.configFile], home.env, "")).code, 2);
  });

  it("decides for one text", async () => {
    using home = newHome();
    const said = await runCommand(["route", "Say hello."], home.env);
    assert.match(said.stdout, /^a local model \(local\), direct: chat, simple, score 0\.\d\d; classifier: /);
    const json = JSON.parse((await runCommand(["route", "--json", hard], home.env)).stdout) as RouteLine;
    assert.equal(json.tier, "premium");
  });

  it("prints the table behind a decision, and the same as data", async () => {
    using home = newHome();
    writeFileSync(home.configFile, JSON.stringify(config));
    const args = ["route", "--explain", hard, "--config", home.configFile];
    const said = await runCommand(args, home.env);
    assert.match(said.stdout, /band 0\.35\.\.0\.65/);
    assert.match(said.stdout, /^→ +large +premium .*~\$0\.0\d+ .*yes/m);
    assert.match(said.stdout, /^ +small +local .*\$0\.00000 .*yes/m);
    const data = JSON.parse((await runCommand([...args, "--json"], home.env)).stdout) as RouteLine;
    assert.deepEqual(
      data.explanation!.models.map((m) => [m.model, m.chosen, m.assumed]),
      [
        ["small", false, false],
        ["large", true, true],
      ],
    );
    assert.equal(data.explanation!.score, data.score);
  });
});
