import { systemClock } from "../../../../kit/clock.ts";
import { messageOf } from "../../../../kit/log.ts";
import type { EngineSettings, FromEngine, ToEngine } from "../../../../protocol/engine.ts";
import { Engine } from "./engine.ts";
import { openLibrary } from "./library.ts";
import { type LoadModel, modelLoader } from "./model.ts";
import { Refusal } from "./refusal.ts";

/** The engine's process: obeys its parent's messages until the parent is gone. */
export function runEngine(): void {
  if (!process.send) {
    process.stderr.write("This is the embedded engine; the daemon starts it. Run `switchyard serve` instead.\n");
    process.exitCode = 2;
    return;
  }
  // No farewell: native threads may be computing, and whoever would read the answer is gone.
  const end = () => process.kill(process.pid, "SIGKILL");
  process.on("disconnect", end);
  process.on("SIGINT", () => {}); // Ctrl-C reaches the whole group of a terminal; the daemon says when to end
  const send = (message: FromEngine) => {
    if (process.connected) process.send?.(message, undefined, {}, () => {}); // a failed send means a lost parent
  };
  let engine: Engine | null = null;
  process.on("message", (message: ToEngine) => {
    switch (message.type) {
      case "settings":
        engine = new Engine(message.settings, lateLoader(message.settings), send, systemClock);
        return;
      case "generate":
        engine?.generate(message.job);
        return;
      case "cancel":
        engine?.cancel(message.id);
        return;
    }
  });
}

/** Opens the library with the first model: a process that is merely started costs little. */
function lateLoader(settings: EngineSettings): LoadModel {
  let opened: Promise<LoadModel> | null = null;
  return async (model, onProgress) => {
    opened ??= openLibrary(settings).then((library) => modelLoader(library, settings));
    let load: LoadModel;
    try {
      load = await opened;
    } catch (e) {
      opened = null;
      throw new Refusal(
        "cannot",
        `The embedded engine in ${settings.library} doesn't start: ${messageOf(e)} Install it again with \`switchyard models engine\`.`,
      );
    }
    return load(model, onProgress);
  };
}
