import type { State } from "../../server/protocol/editor.ts";
import type { SessionState } from "../session.ts";

/** What a connected window shows of the daemon: the first thing that is in the way of an answer. */
export function stateOf(daemon: State): SessionState {
  const config = daemon.problems.find((p) => p.code === "config");
  if (config) return { kind: "config-fault", daemon, message: config.message };
  if (daemon.models.length > 0) return { kind: "ready", daemon };
  const problem = daemon.problems.find((p) => p.code === "no-model");
  // Without a model and without that problem the daemon is still looking for local servers.
  return problem
    ? { kind: "no-model", daemon, problem }
    : { kind: "starting", what: "Looking for models on this machine" };
}

/** The daemon's own words in a state, where there are any. */
export function daemonOf(state: SessionState): State | null {
  switch (state.kind) {
    case "ready":
    case "no-model":
    case "config-fault":
      return state.daemon;
    case "starting":
    case "stopped":
      return null;
  }
}
