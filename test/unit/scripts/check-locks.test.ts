import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Lock, locks, missingFrom } from "../../../scripts/check-locks.ts";

describe("the lock files", () => {
  for (const file of locks) {
    const text = readFileSync(resolve(import.meta.dirname, "../../..", file), "utf8");

    it(`${file} names every optional package, so that npm ci takes it`, () => {
      assert.deepEqual(missingFrom(JSON.parse(text) as Lock), []);
    });

    it(`${file} names no registry`, () => assert.doesNotMatch(text, /"resolved": "http/));
  }

  it("find a platform's package that an install left out", () => {
    const lock: Lock = {
      packages: {
        "": { optionalDependencies: { "tool-linux-x64": "1.0.0", "tool-darwin-arm64": "1.0.0" } },
        "node_modules/tool-linux-x64": { version: "1.0.0" },
      },
    };
    assert.deepEqual(missingFrom(lock), [
      {
        key: "node_modules/tool-darwin-arm64",
        entry: { version: "1.0.0", cpu: ["arm64"], optional: true, os: ["darwin"] },
      },
    ]);
  });

  it("look into an outer node_modules too", () => {
    const lock: Lock = {
      packages: { "node_modules/a": { optionalDependencies: { b: "1.0.0" } }, "node_modules/b": { version: "1.0.0" } },
    };
    assert.deepEqual(missingFrom(lock), []);
  });
});
