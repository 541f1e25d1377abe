import { join } from "node:path";
import { Past } from "../io/ledger/past.ts";
import { remedy, storeFault } from "../io/store/fault.ts";

/**
 * Has the ledger of a data folder read by a command, whether a daemon is using it or not; null: there is none. Throws an Error
 * that says what to do where it can't be read.
 */
export async function readPast<T>(dataDir: string, use: (past: Past | null) => T | Promise<T>): Promise<T> {
  const file = join(dataDir, "ledger.sqlite");
  try {
    using past = Past.open(file);
    return await use(past);
  } catch (e) {
    if (typeof e !== "object" || e === null || !("errcode" in e)) throw e;
    throw new Error(`${file} ${remedy(storeFault(e))}.`);
  }
}
