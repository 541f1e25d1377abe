/**
 * The ledger's file: a row a request. Its columns are what is counted, grouped and filtered; `rest`, which stands last, so
 * that statistics needn't read it, is the remainder of the trace (see packed.ts). Two indexes, by time and of what runs: an
 * id begins with its time, and needs none of its own. Money is in integer nano-dollars. What was added later stands behind
 * `rest`; where it is null, which the row's head says, nothing before it is read to know that.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE trace (
    n         INTEGER PRIMARY KEY,
    id        TEXT NOT NULL,
    at        INTEGER NOT NULL,
    status    TEXT NOT NULL,
    owner     INTEGER,
    kind      TEXT NOT NULL,
    surface   TEXT NOT NULL,
    client    TEXT NOT NULL,
    workspace TEXT,
    model     TEXT,
    provider  TEXT,
    route     TEXT,
    task      TEXT,
    stage     TEXT,
    cache     TEXT NOT NULL,
    ttft      REAL,
    total     REAL,
    input     INTEGER NOT NULL,
    cached    INTEGER NOT NULL,
    output    INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cost      INTEGER,
    waste     INTEGER,
    baseline  INTEGER,
    saved     INTEGER,
    estimated INTEGER NOT NULL,
    rest      TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trace_at ON trace (at);
  CREATE INDEX trace_running ON trace (owner) WHERE status = 'running';
  CREATE TABLE owner (id INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER NOT NULL, started INTEGER NOT NULL, seen INTEGER NOT NULL) STRICT;`,
  "ALTER TABLE trace ADD COLUMN early TEXT",
  `ALTER TABLE trace ADD COLUMN reward REAL;
  ALTER TABLE trace ADD COLUMN arm TEXT;
  CREATE INDEX trace_reward ON trace (at) WHERE reward IS NOT NULL;
  CREATE INDEX trace_arm ON trace (arm, at) WHERE arm IS NOT NULL;`,
];
