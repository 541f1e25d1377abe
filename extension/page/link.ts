import type { Link } from "../../server/protocol/webview.ts";
import type { SessionState } from "../session.ts";

/** The session's state as a page shows it. */
export function linkOf(state: SessionState): Link {
  switch (state.kind) {
    case "starting":
      return { kind: "starting", message: state.what, problems: [], able: true }; // a question waits for the daemon
    case "ready":
      return { kind: "ready", message: "", problems: state.daemon.problems, able: true };
    case "no-model": {
      const message = state.problem?.message ?? "No model is configured and none was found on this machine.";
      return { kind: "no-model", message, problems: state.daemon.problems, able: false };
    }
    case "config-fault": {
      const models = state.daemon?.models.length ?? 0;
      return {
        kind: "config-fault",
        message: state.message,
        problems: state.daemon?.problems ?? [],
        able: models > 0,
      };
    }
    case "stopped":
      return { kind: "stopped", message: state.reason, problems: [], able: false };
  }
}
