import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Daemon, newHome, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

/** How SQLite finds its file, read by another process. */
function integrity(dataDir: string): string {
  const db = new DatabaseSync(join(dataDir, "ledger.sqlite"), { readOnly: true });
  const answer = db.prepare("PRAGMA integrity_check").get();
  db.close();
  return String(answer?.["integrity_check"]);
}

/** A burst whose clients the daemon's death leaves behind; `answered` grows as they have their answers. */
function burst(daemon: Daemon, count: number): { readonly answered: string[]; readonly over: Promise<unknown> } {
  const answered: string[] = [];
  const one = async (i: number): Promise<void> => {
    const { headers } = await daemon.chat({ model: i % 2 ? "large" : "small", stream: i % 4 < 2 });
    answered.push(String(headers["x-switchyard-trace"]));
  };
  return { answered, over: Promise.allSettled(Array.from({ length: count }, (_, i) => one(i))) };
}

async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("kill -9 in a burst of 200 requests", function () {
  this.timeout(40_000);
  const town = useUpstreams();
  const options = () => ({ config: townConfig(town), env: townEnv });

  it("loses nothing that was read, doubles nothing, and calls what ran interrupted", async () => {
    using home = newHome();
    const first = await startDaemon({ ...options(), home });
    await using _ = first;
    // Every fifth never ends; the others take from none to a second.
    const script = ({ n }: { n: number }) =>
      n % 5 === 0 ? { stall: "middle" as const } : { ttftMs: (n % 7) * 150, gapMs: n % 3 };
    town.gpu.script = script;
    town.cloud.script = script;
    const { answered, over } = burst(first, 200);
    await until(() => answered.length >= 60);
    const read = await first.traces("?limit=1000");
    await first.kill("SIGKILL");
    await over;
    assert.equal(integrity(home.dataDir), "ok");

    await using second = await startDaemon({ ...options(), home });
    const after = await second.traces("?limit=1000");
    assert.equal(integrity(home.dataDir), "ok");
    const byId = new Map(after.map((t) => [t.id, t]));
    assert.equal(byId.size, after.length, "none twice");
    for (const before of read) {
      const now = byId.get(before.id);
      assert.ok(now, `${before.id} is there`);
      if (before.status !== "running") assert.deepEqual(now, before);
      else {
        assert.ok(now.status === "interrupted" || now.status === "ok", now.status);
        assert.ok((now.cost.nanos ?? 0) >= (before.cost.nanos ?? 0), "its money as it stood, or grown");
      }
    }
    const interrupted = after.filter((t) => t.status === "interrupted");
    assert.ok(read.some((t) => t.status === "ok") && interrupted.length >= 20);
    for (const { error, attempts, cost, decision } of interrupted) {
      assert.equal(error?.code, "interrupted");
      assert.ok(attempts.every((a) => a.outcome !== null));
      if (attempts.length > 0 && decision?.model === "large") assert.ok(cost.nanos! > 0, "what was sent is counted");
    }
    const { total } = await second.stats();
    assert.deepEqual(
      [total.requests, total.interrupted, total.running],
      [after.length, interrupted.length, 0],
      "statistics count the same",
    );
    assert.equal(
      total.costNanos,
      after.reduce((sum, t) => sum + (t.cost.nanos ?? 0), 0),
    );
  });

  it("loses nothing that ended a moment before, although nobody read it, over three lives", async () => {
    using home = newHome();
    const ended: string[] = [];
    for (let life = 0; life < 3; life++) {
      await using daemon = await startDaemon({ ...options(), home });
      const { answered, over } = burst(daemon, 200);
      await until(() => answered.length >= 100);
      ended.push(...answered);
      await new Promise((resolve) => setTimeout(resolve, 600)); // a row is written within 100 ms, on a machine that has time
      await daemon.kill("SIGKILL");
      await over;
    }
    await using last = await startDaemon({ ...options(), home });
    const all = await last.traces("?limit=1000");
    const ok = new Set(all.flatMap((t) => (t.status === "ok" ? [t.id] : [])));
    assert.deepEqual(
      ended.filter((id) => !ok.has(id)),
      [],
    );
    assert.equal(new Set(all.map((t) => t.id)).size, all.length);
    assert.equal(integrity(home.dataDir), "ok");
  });
});
