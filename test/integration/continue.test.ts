import assert from "node:assert/strict";
import type { ConfigInput } from "../../server/protocol/config.ts";
import { dataOf, spelled } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

describe("an answer that breaks off", () => {
  const town = useUpstreams();
  const start = async (continueBroken: boolean, abilities: readonly ("chat" | "continue")[]): Promise<Daemon> => {
    const config = townConfig(town, { routing: { primary: "small", escalation: "large", continueBroken } });
    const large = { ...config.models!["large"]!, abilities: [...abilities] } as NonNullable<
      ConfigInput["models"]
    >[string];
    return startDaemon({ config: { ...config, models: { ...config.models, large } }, env: townEnv });
  };

  it("is continued by a model that can, where the user allowed it", async () => {
    await using daemon = await start(true, ["chat", "continue"]);
    town.gpu.script = () => ({ chunks: ["One", " two", " three", " four"], reset: "middle" });
    town.cloud.script = () => ({ chunks: [" and", " so on."] });
    const reply = await daemon.chat({ stream: true, messages: [{ role: "user", content: "Count." }] });
    const begun = spelled(reply.text).replace(" and so on.", "");
    assert.match(begun, /^One/);
    assert.equal(spelled(reply.text), `${begun} and so on.`);
    assert.equal(dataOf(reply.text).at(-1), "[DONE]");
    assert.deepEqual(town.cloud.last.json["messages"], [
      { role: "user", content: "Count." },
      { role: "assistant", content: begun },
    ]);
    const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.equal(trace.status, "ok");
    assert.match(trace.decision?.reason ?? "", /goes on from there/);
    assert.deepEqual(
      trace.attempts.map((a) => [a.model, a.role, a.outcome]),
      [
        ["small", "primary", "failed"],
        ["large", "fallback", "served"],
      ],
    );
  });

  for (const [why, allowed, abilities] of [
    ["the user didn't allow more", false, ["chat", "continue"]],
    ["no model can go on", true, ["chat"]],
  ] as const) {
    it(`ends in an honest error where ${why}`, async () => {
      await using daemon = await start(allowed, abilities);
      town.gpu.script = () => ({ reset: "middle" });
      const reply = await daemon.chat({ stream: true });
      assert.ok(!reply.text.includes("[DONE]"));
      assert.match(String(dataOf(reply.text).at(-1)), /upstream_error/);
      assert.equal(town.cloud.calls.length, 0);
    });
  }
});
