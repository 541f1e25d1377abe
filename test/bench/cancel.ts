import { begin, open } from "../support/client.ts";
import { startDaemon } from "../support/daemon.ts";
import { Upstream } from "../support/upstream.ts";
import { type Bench, inRounds, quantile, row } from "./row.ts";

const rounds = 30;
const phases = ["before-first-token", "mid-stream", "not-streamed"] as const;

/** How long after a client has left its upstream sees the close: the same clock at both ends, this process. */
export const cancel: Bench = {
  name: "cancel",
  about: "from a client's close to the upstream's, in three phases",
  run: async () => {
    await using upstream = await Upstream.start();
    await using daemon = await startDaemon({
      config: {
        providers: { cloud: { kind: "openai", baseUrl: upstream.baseUrl, locality: "cloud" } },
        models: { small: { provider: "cloud", name: "small-model" } },
      },
    });
    const rows = [];
    for (const phase of phases) {
      upstream.script = () => ({ stall: phase === "mid-stream" ? "middle" : "accept" });
      const leave = async (base: string, token: string) => {
        const left = upstream.closed + 1;
        const stream = phase !== "not-streamed";
        const controller = await begun(upstream, base, token, stream, phase === "mid-stream");
        const at = performance.now();
        controller.close();
        await upstream.untilClosed(left);
        return upstream.last.closedMs! - at;
      };
      const direct = () => leave(`http://127.0.0.1:${upstream.port}`, "none");
      const switchyard = () => leave(daemon.http, daemon.token);
      await inRounds(5, { direct, switchyard });
      const took = await inRounds(rounds, { direct, switchyard });
      const baseline = { name: "direct", values: took.direct };
      rows.push(
        row(`cancel.${phase}.p50`, "ms", took.switchyard, baseline, { of: "value", atMost: 50 }),
        row(`cancel.${phase}.max`, "ms", [quantile(took.switchyard, 1)], null, { of: "value", atMost: 50 }),
      );
    }
    return rows;
  },
};

/** A request that the upstream has, and whose client has had its first piece where it shall. */
async function begun(upstream: Upstream, base: string, token: string, stream: boolean, first: boolean) {
  const calls = upstream.calls.length + 1;
  const what = {
    path: "/v1/chat/completions",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ model: "small-model", stream, messages: [{ role: "user", content: "Hi" }] }),
  };
  if (first) {
    const live = await open(base, what);
    await live.next();
    return live;
  }
  const req = begin(base, what);
  req.on("error", () => {}); // its own end is what is measured
  req.end(what.body);
  await upstream.untilCalls(calls);
  return { close: () => req.destroy() };
}
