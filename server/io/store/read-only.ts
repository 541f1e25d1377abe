import { existsSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { patience } from "./database.ts";
import { storeFault } from "./fault.ts";

/**
 * Opens a database only to read it, beside whoever writes; null: there is none, or an empty one. Where its folder can't be
 * written, and nothing waits in its log, it is read as one that nobody changes. Throws where it can't be read: see `storeFault`.
 */
export function openReadOnly(file: string): DatabaseSync | null {
  if (!existsSync(file) || statSync(file).size === 0) return null;
  const open = (place: string | URL): DatabaseSync => {
    const db = new DatabaseSync(place, { readOnly: true, timeout: patience.start });
    try {
      db.prepare("PRAGMA user_version").get(); // the first read is what opens it
      return db;
    } catch (e) {
      db.close();
      throw e;
    }
  };
  try {
    return open(file);
  } catch (e) {
    const log = `${file}-wal`;
    if (storeFault(e) === "corrupt" || (existsSync(log) && statSync(log).size > 0)) throw e;
    const url = pathToFileURL(file);
    url.searchParams.set("immutable", "1");
    return open(url);
  }
}
