import type { SessionState } from "../session.ts";

/** Why no suggestion can be asked for, or null. A wrong configuration is no reason while the last good one answers. */
export function whyNotReady(state: SessionState): string | null {
  switch (state.kind) {
    case "starting":
      return state.what;
    case "no-model":
      return "there is no model yet";
    case "config-fault":
      return state.daemon && state.daemon.models.length > 0 ? null : "the configuration is wrong";
    case "stopped":
      return "the daemon is not running";
    case "ready":
      return null;
  }
}
