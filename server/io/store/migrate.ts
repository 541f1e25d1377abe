import type { DatabaseSync } from "node:sqlite";

/**
 * Brings a database up to the newest of `steps`; `user_version` counts those it has had.
 * A file may be newer than this program (daemons of several versions share it): steps only ever add,
 * so what an older program knows stays true. What can't be added takes a file of another name.
 */
export function migrate(db: DatabaseSync, steps: readonly string[]): void {
  if (versionOf(db) >= steps.length) return;
  db.exec("BEGIN IMMEDIATE"); // two daemons may start at once: the second finds the work done
  try {
    for (const step of steps.slice(versionOf(db))) db.exec(step);
    if (versionOf(db) < steps.length) db.exec(`PRAGMA user_version = ${steps.length}`);
    db.exec("COMMIT");
  } catch (e) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw e;
  }
}

function versionOf(db: DatabaseSync): number {
  const version = db.prepare("PRAGMA user_version").get()?.["user_version"];
  return typeof version === "number" ? version : 0;
}
