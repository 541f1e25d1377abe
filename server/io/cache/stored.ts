import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import { brotliCompress, brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { type Answer, type Forget, meets } from "../../domain/memory.ts";
import { messageOf } from "../../kit/log.ts";
import { openDatabase, patience, transaction } from "../store/database.ts";
import type { AnswersOptions } from "./answers.ts";

const migrations: readonly string[] = [
  `CREATE TABLE answer (
    key       TEXT PRIMARY KEY,
    at        INTEGER NOT NULL,
    workspace TEXT,
    trace     TEXT NOT NULL,
    bytes     INTEGER NOT NULL,
    body      BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answer_at ON answer (at);
  CREATE INDEX answer_trace ON answer (trace);`,
];

interface Packed {
  readonly answer: Answer;
  readonly body: Uint8Array;
}

/** Answers wait for the disk, at most; more are only remembered in memory. */
const mostWaiting = 1_000;
const writeAfterMs = 100;
const fileName = "cache.sqlite";
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/**
 * Answers on the disk, compressed, in a file of their own that only its owner can read; there only while the user lets
 * text be stored. Trouble with it is logged once and costs nothing but what would have been found there.
 */
export class StoredAnswers {
  readonly #o: AnswersOptions;
  readonly #file: string;
  #db: DatabaseSync | null = null;
  #select: StatementSync | null = null;
  #waiting: Packed[] = [];
  /** Being compressed. */
  readonly #packing = new Set<Answer>();
  #armed = false;
  #entries = 0;
  #bytes = 0;
  #troubled = false;

  constructor(o: AnswersOptions) {
    this.#o = o;
    this.#file = join(o.dataDir, fileName);
    this.obey();
  }

  /** Opens the file, or removes it, as the configuration says now. */
  obey(): void {
    if (this.#wanted && this.#db === null) this.#open();
    if (!this.#o.storeText()) this.#remove();
  }

  find(key: string): Answer | null {
    if (this.#db === null) return null;
    const row = this.#guarded(() => this.#select!.get(key) as { body: Uint8Array } | undefined, undefined);
    if (!row) return null;
    try {
      // SAFETY: written by `keep`, into a file that is its owner's alone.
      return deserialize(brotliDecompressSync(row.body)) as Answer;
    } catch {
      this.remove(key); // one damaged answer costs no other
      return null;
    }
  }

  /** What is too old, or too much, goes; a file that couldn't be used is tried again. */
  expire(): void {
    if (this.#db !== null) this.#guarded(() => this.#tidy(this.#db!), undefined);
    else if (this.#wanted) this.#open();
  }

  /** Writes it soon. It is compressed on a thread of its own. */
  keep(answer: Answer): void {
    if (this.#db === null || this.#waiting.length + this.#packing.size >= mostWaiting) return;
    this.#packing.add(answer);
    brotliCompress(serialize(answer), brotli, (e, body) => {
      if (!this.#packing.delete(answer) || e) return; // closed or forgotten meanwhile
      this.#waiting.push({ answer, body });
      if (this.#armed) return;
      this.#armed = true;
      this.#o.clock.after(writeAfterMs, () => this.#write());
    });
  }

  remove(key: string): void {
    const db = this.#db;
    if (db === null) return;
    this.#guarded(() => this.#gone(db.prepare("DELETE FROM answer WHERE key = ? RETURNING bytes").all(key)), undefined);
  }

  /**
   * Returns the keys of what is forgotten. A file that can't be used may still hold it: then all of the file goes. Throws
   * where not even that can be done.
   */
  forget(which: Forget): string[] {
    this.#write();
    for (const answer of this.#packing) if (meets(answer, which)) this.#packing.delete(answer);
    if (this.#db === null && existsSync(this.#file)) this.#open();
    const db = this.#db;
    const keys = db && this.#guarded(() => this.#delete(db, which), null);
    if (!this.#wanted) this.#close();
    this.#discard(keys === null ? "" : ".damaged-");
    this.#troubled = false;
    if (keys !== null) return keys;
    this.obey();
    return [];
  }

  close(): void {
    for (const answer of this.#packing)
      this.#waiting.push({ answer, body: brotliCompressSync(serialize(answer), brotli) });
    this.#packing.clear();
    this.#write();
    this.#close();
  }

  get #wanted(): boolean {
    return this.#o.storeText() && this.#o.limits() !== null;
  }

  #close(): void {
    this.#db?.close();
    this.#db = null;
  }

  #delete(db: DatabaseSync, which: Forget): string[] {
    const tests: string[] = [];
    const values: (string | number)[] = [];
    const test = (sql: string, value: string | number | undefined): void => {
      if (value === undefined) return;
      tests.push(sql);
      values.push(value);
    };
    test("at >= ?", which.since);
    test("at < ?", which.before);
    test("workspace = ?", which.workspace);
    test("trace = ?", which.trace);
    const where = tests.length > 0 ? ` WHERE ${tests.join(" AND ")}` : "";
    const rows = db.prepare(`DELETE FROM answer${where} RETURNING key, bytes`).all(...values);
    this.#gone(rows);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // what was deleted is to be gone from the disk's log too
    return rows.map((r) => String(r["key"]));
  }

  #open(): void {
    try {
      const opened = openDatabase(
        { file: this.#file, migrations, log: this.#o.log, patienceMs: patience.later },
        (db) => db,
      );
      this.#db = opened.db;
      opened.db.exec("PRAGMA secure_delete = ON");
      this.#select = opened.db.prepare("SELECT body FROM answer WHERE key = ?");
      this.#count(opened.db);
      this.#tidy(opened.db);
      this.#troubled = false;
    } catch (e) {
      this.#trouble(e);
    }
  }

  /** Text may not be stored (any more): none is left. */
  #remove(): void {
    this.#waiting = [];
    this.#packing.clear();
    this.#close();
    try {
      this.#discard("");
    } catch (e) {
      this.#trouble(e);
    }
  }

  /** Removes the files whose names go on like this after the file's own: what was moved aside holds text too. */
  #discard(suffix: "" | ".damaged-"): void {
    if (!statSync(this.#o.dataDir, { throwIfNoEntry: false })?.isDirectory()) return;
    for (const name of readdirSync(this.#o.dataDir))
      if (name.startsWith(fileName + suffix)) rmSync(join(this.#o.dataDir, name), { recursive: true, force: true });
  }

  #write(): void {
    this.#armed = false;
    const batch = this.#waiting;
    this.#waiting = [];
    const db = this.#db;
    const limits = this.#o.limits();
    if (db === null || limits === null || batch.length === 0) return;
    this.#guarded(() => {
      transaction(db, () => {
        const before = db.prepare("DELETE FROM answer WHERE key = ? RETURNING bytes");
        const put = db.prepare("INSERT INTO answer (key, at, workspace, trace, bytes, body) VALUES (?, ?, ?, ?, ?, ?)");
        for (const { answer, body } of batch) {
          this.#gone(before.all(answer.key));
          put.run(answer.key, answer.atMs, answer.owner.workspace, answer.trace, body.length, body);
          this.#entries++;
          this.#bytes += body.length;
        }
        this.#tidy(db);
      });
    }, undefined);
  }

  #tidy(db: DatabaseSync): void {
    const limits = this.#o.limits();
    if (limits === null) return;
    const oldest = this.#o.clock.wall() - limits.ttlSeconds * 1_000;
    this.#gone(db.prepare("DELETE FROM answer WHERE at <= ? RETURNING bytes").all(oldest));
    if (this.#entries > limits.maxEntries || this.#bytes > limits.maxBytes) this.#shrink(db, limits);
  }

  /** The oldest go, a tenth more than must, so that it isn't done again at once. */
  #shrink(
    db: DatabaseSync,
    { maxBytes, maxEntries }: { readonly maxBytes: number; readonly maxEntries: number },
  ): void {
    const remove = db.prepare("DELETE FROM answer WHERE key = ?");
    for (const row of db.prepare("SELECT key, bytes FROM answer ORDER BY at").iterate()) {
      if (this.#entries <= 0.9 * maxEntries && this.#bytes <= 0.9 * maxBytes) return;
      remove.run(String(row["key"]));
      this.#entries--;
      this.#bytes -= Number(row["bytes"]);
    }
  }

  #gone(rows: readonly Record<string, unknown>[]): void {
    this.#entries -= rows.length;
    for (const row of rows) this.#bytes -= Number(row["bytes"]);
  }

  #count(db: DatabaseSync): void {
    const row = db.prepare("SELECT count(*) AS n, coalesce(sum(bytes), 0) AS b FROM answer").get()!;
    this.#entries = Number(row["n"]);
    this.#bytes = Number(row["b"]);
  }

  #guarded<T>(f: () => T, otherwise: T): T {
    try {
      return f();
    } catch (e) {
      this.#trouble(e);
      return otherwise;
    }
  }

  #trouble(e: unknown): void {
    if (!this.#troubled)
      this.#o.log("error", `${this.#file} can't be used: answers are remembered in memory only`, { why: messageOf(e) });
    this.#troubled = true;
    const db = this.#db;
    this.#db = null;
    try {
      db?.close();
    } catch {
      // it was the one that failed
    }
  }
}
