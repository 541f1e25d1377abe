import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openLedger } from "../../server/io/ledger/ledger.ts";
import { Past } from "../../server/io/ledger/past.ts";
import { migrations } from "../../server/io/ledger/schema.ts";
import { storeFault } from "../../server/io/store/fault.ts";
import { newId } from "../../server/kit/ids.ts";
import { ledgerSchema } from "../../server/protocol/config.ts";
import { HeldClock } from "../support/facts.ts";
import { type Recorded, recordedFacts, recordLedger } from "../support/replayed.ts";

const all = { from: -Infinity, to: Infinity };
const begin = Date.UTC(2026, 10, 20);

describe("the ledger's past", () => {
  let dataDir = "";
  let file = "";
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "sy-"));
    file = join(dataDir, "ledger.sqlite");
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  function* requests(n: number, more: Partial<Recorded> = {}): Iterable<Recorded> {
    for (let i = 0; i < n; i++)
      yield { id: `r${i}`, atMs: begin + Math.floor(i / 3), model: "small", ttftMs: 10 + i, ...more };
  }
  function read(range = all, limit = 1_000_000): string[] {
    using past = Past.open(file)!;
    return [...past.traces(range, limit)].flat().map((t) => t.id);
  }

  it("is read whole, the oldest first, over any number of slices", () => {
    recordLedger(dataDir, requests(2_345));
    assert.deepEqual(
      read(),
      Array.from({ length: 2_345 }, (_, i) => `r${i}`),
    );
    using past = Past.open(file)!;
    for (const slice of past.traces(all, 2_345)) assert.ok(slice.length <= 500);
  });

  it("is read from the newest requests back, as many as are wanted, though several began in one millisecond", () => {
    recordLedger(dataDir, requests(20));
    assert.deepEqual(read(all, 4), ["r16", "r17", "r18", "r19"]);
    assert.deepEqual(read(all, 20).length, 20);
    assert.deepEqual(read(all, 21).length, 20);
  });

  it("is read of a range of time", () => {
    recordLedger(dataDir, requests(20));
    assert.deepEqual(read({ from: begin + 1, to: begin + 3 }), ["r3", "r4", "r5", "r6", "r7", "r8"]);
    assert.deepEqual(read({ from: begin + 1, to: begin + 3 }, 2), ["r7", "r8"]);
    assert.deepEqual(read({ from: begin + 100, to: Infinity }), []);
  });

  it("gives traces as the ledger itself does", () => {
    const id = newId(begin);
    recordLedger(dataDir, [{ id, atMs: begin, model: "large", session: "s" }]);
    const options = { dataDir, options: () => ledgerSchema.parse({}), clock: new HeldClock(), log: () => {} };
    const ledger = openLedger(options);
    using past = Past.open(file)!;
    assert.deepEqual([...past.traces(all, 1)][0]?.[0], ledger.trace(id));
    ledger.close();
  });

  it("measures first tokens by model, over the newest requests", () => {
    recordLedger(dataDir, [...requests(100), { id: "x", atMs: begin + 1_000, model: "large", ttftMs: 700 }]);
    using past = Past.open(file)!;
    const latency = past.latency(all);
    assert.equal(Math.round(latency.get("small")!.p50), 59);
    assert.equal(Math.round(latency.get("large")!.p50), 700);
    assert.equal(past.latency({ from: begin + 1_000, to: Infinity }).has("small"), false);
  });

  it("is read beside a daemon that writes, and changes nothing in the file", () => {
    const options = { dataDir, options: () => ledgerSchema.parse({}), clock: new HeldClock(), log: () => {} };
    const ledger = openLedger(options);
    const write = (r: Recorded): void => {
      for (const fact of recordedFacts(r)) ledger.append(fact);
      ledger.flush();
    };
    write({ id: "r1", atMs: begin, model: "small" });
    const before = sha(file);
    using past = Past.open(file)!;
    const ids = (): string[] => [...past.traces(all, 100)].flat().map((t) => t.id);
    assert.deepEqual(ids(), ["r1"]);
    write({ id: "r2", atMs: begin + 1, model: "small" });
    assert.deepEqual(ids(), ["r1", "r2"]);
    assert.equal(sha(file), before); // what the daemon wrote is still in its log
    ledger.close();
  });

  it("ends after as many as are wanted, though more are written meanwhile", () => {
    recordLedger(dataDir, requests(600));
    using past = Past.open(file)!;
    let read = 0;
    for (const slice of past.traces(all, 600)) {
      if (read === 0) recordLedger(dataDir, [{ id: "new", atMs: begin + 10_000, model: "small" }]);
      read += slice.length;
    }
    assert.equal(read, 600);
  });

  it("is read where SQLite can lay nothing beside the file", () => {
    recordLedger(dataDir, requests(3));
    mkdirSync(`${file}-shm`); // as in a folder that can't be written
    assert.deepEqual(read(), ["r0", "r1", "r2"]);
  });

  it("is read of a file that an older version wrote, which stays as it is", async () => {
    recordLedger(dataDir, requests(3, { features: null }));
    const db = new DatabaseSync(file);
    db.exec("DROP INDEX trace_reward; DROP INDEX trace_arm; ALTER TABLE trace DROP COLUMN reward");
    db.exec(`ALTER TABLE trace DROP COLUMN arm; PRAGMA user_version = ${migrations.length - 1}`);
    db.close();
    const before = sha(file);
    using past = Past.open(file)!;
    assert.deepEqual(past.rewarded(0, 10), []);
    const query = { arms: ["e/a"], from: 0, sessions: true, most: 10 };
    assert.equal(await past.armed(query, () => assert.fail("no arm had a request then")), false);
    const traces = [...past.traces(all, 10)].flat();
    assert.deepEqual(
      traces.map((t) => [t.id, t.features, t.arm]),
      ["r0", "r1", "r2"].map((id) => [id, null, null]),
    );
    assert.equal(sha(file), before);
  });

  it("is not there without a file, and not made", () => {
    assert.equal(Past.open(file), null);
    assert.throws(() => readFileSync(file), /ENOENT/);
    writeFileSync(file, "");
    assert.equal(Past.open(file), null);
  });

  it("says that a file is no ledger", () => {
    writeFileSync(file, "no database, but long enough to be taken for one at first sight".repeat(100));
    assert.throws(
      () => Past.open(file),
      (e) => storeFault(e) === "corrupt",
    );
  });
});

const sha = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
