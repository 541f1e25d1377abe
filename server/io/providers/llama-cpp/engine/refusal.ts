import type { EngineRefusal } from "../../../../protocol/engine.ts";

/** Thrown for a job that can't be served, with a sentence for the one who asked. */
export class Refusal extends Error {
  readonly code: EngineRefusal["code"];
  readonly afterMs: number | undefined;
  constructor(code: EngineRefusal["code"], message: string, afterMs?: number) {
    super(message);
    this.code = code;
    this.afterMs = afterMs;
  }
}

/** Thrown when a job's client has gone. */
export class Cancelled extends Error {}
