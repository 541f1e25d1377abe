import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { endAll, gone, pidsNaming } from "../../../scripts/host/processes.ts";
import { skip } from "../../support/skip.ts";

describe("finding a run's processes", () => {
  before(function () {
    if (process.platform !== "linux") skip(this, "there is no /proc on this system");
  });

  it("finds by environment what somebody started, and ends it", async () => {
    const mark = `/tmp/mark-${process.pid}-${Date.now()}`;
    const child = spawn("sleep", ["60"], { env: { PATH: process.env["PATH"], TMPDIR: mark }, stdio: "ignore" });
    await new Promise((done) => child.once("spawn", done));
    assert.deepEqual(pidsNaming(mark), [child.pid]);
    await endAll(() => pidsNaming(mark), 2_000);
    assert.deepEqual(await gone(() => pidsNaming(mark), 0), []);
  });

  it("ends by force what doesn't listen", async () => {
    const mark = `/tmp/stubborn-${process.pid}-${Date.now()}`;
    const child = spawn("sh", ["-c", 'trap "" TERM; echo ready; while :; do sleep 0.1; done'], {
      env: { PATH: process.env["PATH"], TMPDIR: mark },
      stdio: ["ignore", "pipe", "ignore"],
    });
    await new Promise((done) => child.stdout.once("data", done));
    await endAll(() => pidsNaming(mark), 300);
    assert.deepEqual(await gone(() => pidsNaming(mark), 0), []);
    assert.equal(child.signalCode ?? "SIGKILL", "SIGKILL");
  });
});
