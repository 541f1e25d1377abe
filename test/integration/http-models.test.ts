import assert from "node:assert/strict";
import { startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { hard } from "../support/questions.ts";
import { useTown } from "../support/town.ts";
import { Upstream } from "../support/upstream.ts";

describe("the models a client may name", () => {
  const twin = { provider: "cloud", name: "twin-model" };
  const town = useTown(undefined, { models: { "twin-a": twin, "twin-b": twin } });
  const answered = async (body: Readonly<Record<string, unknown>>, headers = {}) => {
    const reply = await town.daemon.chat(body, headers);
    assert.equal(reply.status, 200, reply.text);
    const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.equal(trace.attempts[0]?.model, reply.headers["x-switchyard-model"]);
    return { model: String(reply.headers["x-switchyard-model"]), trace };
  };

  it("are listed as the OpenAI wire lists them", async () => {
    const reply = await town.daemon.ask({ path: "/v1/models" });
    assert.equal(reply.status, 200);
    assert.equal(reply.json.object, "list");
    const ids: string[] = reply.json.data.map((m: { id: string }) => m.id);
    for (const id of [
      "switchyard/auto",
      "switchyard/local",
      "switchyard/fast",
      "switchyard/best",
      "small",
      "large",
      "twin-a",
    ])
      assert.ok(ids.includes(id), `${id} is missing from ${ids}`);
    for (const m of reply.json.data) assert.equal(m.object, "model");
  });

  it("switchyard/auto sends an easy question to the primary model", async () => {
    const { model, trace } = await answered({ model: "switchyard/auto" });
    assert.equal(model, "small");
    assert.equal(trace.decision?.route, "direct");
  });

  it("switchyard/auto sends a hard question to the escalation model", async () => {
    const { model } = await answered({ messages: [{ role: "user", content: hard }] });
    assert.equal(model, "large");
  });

  it("switchyard/local stays on this machine even for a hard question", async () => {
    const { model } = await answered({ model: "switchyard/local", messages: [{ role: "user", content: hard }] });
    assert.equal(model, "small");
    assert.equal(town.cloud.calls.length, 0);
  });

  it("switchyard/best takes the strong model even for an easy question", async () => {
    assert.equal((await answered({ model: "switchyard/best" })).model, "large");
  });

  it("switchyard/fast is answered by a configured model", async () => {
    const { model } = await answered({ model: "switchyard/fast" });
    assert.ok(["small", "large", "twin-a", "twin-b"].includes(model));
  });

  it("a configured id is taken as it is", async () => {
    const { model, trace } = await answered({ model: "large" });
    assert.equal(model, "large");
    assert.equal(trace.decision?.stage, "override");
  });

  it("a provider's own name is taken when one model has it", async () => {
    assert.equal((await answered({ model: "large-model" })).model, "large");
  });

  it("a provider's own name that several models have is refused, with their ids", async () => {
    const reply = await town.daemon.chat({ model: "twin-model" });
    assert.equal(reply.status, 404);
    assert.equal(reply.json.error.code, "no_model");
    assert.match(reply.json.error.message, /twin-a.*twin-b/);
  });

  it("an unknown one is refused with a trace that says so", async () => {
    const reply = await town.daemon.chat({ model: "gpt-nonexistent" });
    assert.equal(reply.status, 404);
    assert.equal(reply.json.error.code, "no_model");
    assert.match(reply.json.error.message, /gpt-nonexistent/);
    const [trace] = await town.daemon.traces("?limit=1");
    assert.equal(trace?.error?.code, "no_model");
    assert.deepEqual(trace?.attempts, []);
  });

  it("an explicit one that lacks an ability is refused, and the ability named", async () => {
    const image = [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }];
    const reply = await town.daemon.chat({ model: "small", messages: [{ role: "user", content: image }] });
    assert.equal(reply.status, 422);
    assert.equal(reply.json.error.code, "cannot");
    assert.match(reply.json.error.message, /image/);
    assert.equal(town.gpu.calls.length, 0);
  });

  it("switchyard/auto takes the model that has the ability", async () => {
    const image = [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }];
    assert.equal((await answered({ messages: [{ role: "user", content: image }] })).model, "large");
    const format = { type: "json_schema", json_schema: { name: "x", schema: { type: "object" } } };
    assert.equal((await answered({ response_format: format })).model, "large");
  });

  it("switchyard/local with an ability that no local model has is refused", async () => {
    const image = [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }];
    const reply = await town.daemon.chat({ model: "switchyard/local", messages: [{ role: "user", content: image }] });
    assert.equal(reply.status, 422);
    assert.equal(reply.json.error.code, "cannot");
  });

  it("switchyard/auto takes the model whose context window is long enough", async () => {
    const long = "word ".repeat(40_000); // some 50,000 tokens: more than the small model's 32,768
    assert.equal((await answered({ messages: [{ role: "user", content: long }] })).model, "large");
  });

  it("the headers' task, session and workspace are on the trace", async () => {
    const { trace } = await answered(
      {},
      {
        "x-switchyard-task": "commit-message",
        "x-switchyard-session": "s1",
        "x-switchyard-workspace": "Grüße",
      },
    );
    assert.equal(trace.decision?.task, "commit-message");
    assert.equal(trace.session, "s1");
    assert.equal(trace.workspace, "Grüße");
  });

  it("a route that isn't there yet is refused, with a trace that says so", async () => {
    const reply = await town.daemon.chat({}, { "x-switchyard-route": "vote" });
    assert.equal(reply.status, 422, reply.text);
    assert.equal(reply.json.error.code, "cannot");
    const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.equal(trace.error?.code, "cannot");
  });

  it("one that its own server doesn't list is used, and flagged", async () => {
    await using gpu = await Upstream.start({ models: ["small-model"] });
    const config = townConfig(
      { gpu, cloud: town.cloud },
      { models: { größe: { provider: "gpu", name: "smal-model" } } },
    );
    await using daemon = await startDaemon({ config, env: townEnv });
    const { data } = (await daemon.ask({ path: "/v1/models" })).json;
    const note = (id: string) => data.find((m: { id: string }) => m.id === id).note;
    assert.match(note("größe"), /does not list it/);
    assert.deepEqual([note("small"), note("large")], [null, null]);
    const reply = await daemon.chat({ model: "größe" });
    assert.equal(reply.status, 200);
    assert.equal(Buffer.from(String(reply.headers["x-switchyard-model"]), "latin1").toString(), "größe");
    assert.equal(town.cloud.calls.length, 0, "no cloud is asked what it lists");
  });

  it("a quality that isn't a number from 0 to 1 is refused", async () => {
    for (const quality of ["2", "-1", "good"]) {
      const reply = await town.daemon.chat({}, { "x-switchyard-quality": quality });
      assert.equal(reply.status, 400, `${quality}: ${reply.text}`);
      assert.equal(reply.json.error.code, "bad_request");
    }
  });
});
