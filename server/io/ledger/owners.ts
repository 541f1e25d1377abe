import { readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../store/database.ts";

/** An owner that hasn't been seen for this long is dead, even where another process has its pid now. */
const staleMs = 60_000;
/** How often an owner with running requests must say that it lives. */
export const heartbeatMs = 10_000;

/** Owners of this very process, by file: a pid says nothing about them. */
const mine = new Set<string>();

/**
 * Who writes into the file. Daemons of several versions may share it; when one dies, the requests it was running become
 * `interrupted`, with their money as it stood.
 */
export class Owners {
  readonly id: number;
  readonly #db: DatabaseSync;
  readonly #key: (id: number) => string;

  constructor(db: DatabaseSync, file: string, wallMs: number) {
    this.#db = db;
    this.#key = (id) => `${id} ${file}`;
    const added = db
      .prepare("INSERT INTO owner (pid, started, seen) VALUES (?, ?, ?)")
      .run(process.pid, Math.round(wallMs - process.uptime() * 1000), wallMs);
    this.id = Number(added.lastInsertRowid);
    mine.add(this.#key(this.id));
  }

  touch(wallMs: number): void {
    this.#db.prepare("UPDATE owner SET seen = ? WHERE id = ?").run(wallMs, this.id);
  }

  /** Marks what the dead left running; says how many requests that were. */
  reap(wallMs: number): number {
    const others = this.#db.prepare("SELECT id, pid, seen FROM owner WHERE id <> ?").all(this.id);
    const dead = others.filter((o) => !this.#lives(Number(o["id"]), Number(o["pid"]), Number(o["seen"]), wallMs));
    if (dead.length === 0) return 0;
    return transaction(this.#db, () => {
      let marked = 0;
      for (const o of dead) marked += this.#leave(Number(o["id"]));
      return marked;
    });
  }

  /** The requests that still run are interrupted; nobody owns them any more. */
  close(): void {
    transaction(this.#db, () => this.#leave(this.id));
    this.forget();
  }

  forget(): void {
    mine.delete(this.#key(this.id));
  }

  #leave(id: number): number {
    const marked = this.#db
      .prepare("UPDATE trace SET status = 'interrupted', owner = NULL WHERE owner = ? AND status = 'running'")
      .run(id);
    this.#db.prepare("DELETE FROM owner WHERE id = ?").run(id);
    return Number(marked.changes);
  }

  #lives(id: number, pid: number, seen: number, wallMs: number): boolean {
    if (pid === process.pid) return mine.has(this.#key(id));
    return wallMs - seen < staleMs && processLives(pid);
  }
}

function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0: only asks
    return !isZombie(pid);
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === "EPERM"; // it lives, and is another user's
  }
}

/** Killed, but not yet waited for by its parent: it answers signals and writes nothing any more. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false; // no such file here: not Linux
  }
}
