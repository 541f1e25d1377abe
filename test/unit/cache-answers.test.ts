import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Answer } from "../../server/domain/memory.ts";
import { Answers } from "../../server/io/cache/answers.ts";
import { answerOf } from "../support/answers.ts";
import { HeldClock } from "../support/facts.ts";

const answer = (key: string, atMs: number, bytes = 100): Answer => answerOf(key, { atMs, bytes });

describe("answers by their keys", () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "sy-"));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  function open(more: { ttlSeconds?: number; maxBytes?: number; maxEntries?: number } = {}, storeText = false) {
    const clock = new HeldClock();
    const limits = { ttlSeconds: 10, maxBytes: 10_000, maxEntries: 100, ...more };
    const logged: string[] = [];
    const log = (_level: string, message: string) => void logged.push(message);
    const answers = new Answers({ dataDir, clock, log, limits: () => limits, storeText: () => storeText });
    return { answers, clock, limits, logged };
  }
  const rows = () => {
    const db = new DatabaseSync(join(dataDir, "cache.sqlite"), { readOnly: true });
    const { n } = db.prepare("SELECT count(*) AS n FROM answer").get()!;
    db.close();
    return Number(n);
  };

  it("go, those first that weren't asked for longest, when there are too many or too much", () => {
    const { answers, clock } = open({ maxEntries: 3 });
    for (const key of ["a", "b", "c"]) answers.keep(answer(key, clock.wall()));
    answers.find("a");
    answers.keep(answer("d", clock.wall()));
    assert.deepEqual(
      ["a", "b", "c", "d"].filter((key) => answers.find(key) !== null),
      ["a", "c", "d"],
    );
    const { answers: small } = open({ maxBytes: 250 });
    for (const key of ["a", "b", "c"]) small.keep(answer(key, clock.wall()));
    assert.deepEqual(small.size, { entries: 2, bytes: 200 });
    small.keep(answer("large", clock.wall(), 251));
    assert.deepEqual(small.size, { entries: 2, bytes: 200 });
    for (const a of [answers, small]) a.close();
  });

  it("go when they are too old, whether or not anybody asks, from the disk too", () => {
    const { answers, clock } = open({}, true);
    answers.keep(answer("a", clock.wall()));
    answers.close();
    const again = open({}, true);
    assert.equal(rows(), 1);
    again.answers.keep(answer("b", again.clock.wall()));
    again.clock.pass(20_000);
    again.answers.expire();
    assert.deepEqual(again.answers.size, { entries: 0, bytes: 0 });
    assert.equal(rows(), 0);
    again.answers.close();
  });

  it("are fewer after a start with lower limits", () => {
    const { answers, clock } = open({}, true);
    for (let i = 0; i < 30; i++) answers.keep(answer(`k${i}`, clock.wall() + i));
    answers.close();
    assert.equal(rows(), 30);
    const lower = open({ maxEntries: 10 }, true);
    assert.ok(rows() <= 10);
    assert.notEqual(lower.answers.find("k29"), null);
    lower.answers.close();
  });

  it("lose no more than one where one is damaged, and are stored again after a lock", () => {
    const { answers, clock } = open({}, true);
    for (const key of ["a", "b"]) answers.keep(answer(key, clock.wall()));
    answers.close();
    const db = new DatabaseSync(join(dataDir, "cache.sqlite"));
    db.exec("UPDATE answer SET body = x'00' WHERE key = 'a'");
    const again = open({}, true);
    assert.equal(again.answers.find("a"), null);
    assert.notEqual(again.answers.find("b"), null);

    db.exec("BEGIN IMMEDIATE");
    again.clock.pass(20_000);
    again.answers.expire(); // somebody else holds the file
    assert.equal(again.logged.length, 1);
    db.exec("ROLLBACK");
    db.close();
    again.answers.expire();
    again.answers.keep(answer("c", again.clock.wall()));
    again.answers.close();
    assert.equal(rows(), 1);
  });
});
