import type { Serve } from "../domain/event.ts";
import type { Privacy } from "../domain/request.ts";

/** What a surface needs to have a request answered. */
export interface Gateway {
  /** The verdict a request carries: from the paths of its context items and, for text without a path, from the text itself. */
  privacy(paths: readonly string[], texts: readonly string[]): Privacy;
  /** Answers a request, with exactly one trace. The first event is the decision, or an error when there is none. */
  readonly serve: Serve;
}
