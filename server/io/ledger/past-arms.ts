import { openReadOnly } from "../store/read-only.ts";
import { ArmReader, type ArmRow, type ArmsQuery, readArms } from "./arms.ts";

/** The arms' requests in a ledger as it lies on the disk, only read: nothing is written, migrated or marked. */
export interface PastArms extends Disposable {
  /** As the ledger's. */
  armed(query: ArmsQuery, each: (arm: number, row: ArmRow) => void): Promise<boolean>;
}

/** Empty where there is no ledger, or one from before there were experiments. Throws where it can't be read: see `storeFault`. */
export function openPastArms(file: string): PastArms {
  const db = openReadOnly(file);
  const known =
    db?.prepare("SELECT count(*) AS n FROM pragma_table_info('trace') WHERE name = 'arm'").get()?.["n"] === 1;
  const reader = db && known ? new ArmReader(db) : null;
  return {
    armed: async (query, each) => (reader === null ? false : readArms((next) => reader.next(next), query, each)),
    [Symbol.dispose]: () => db?.close(),
  };
}
