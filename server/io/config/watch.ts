import { type FSWatcher, realpathSync, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { type Log, messageOf } from "../../kit/log.ts";

const settleMs = 100;

/**
 * Calls `changed` a little after a file may have changed, come or gone. Folders are watched, since editors replace files:
 * the file's own (the nearest that exists, until it does), and that of what a link leads to. Never keeps the process alive.
 */
export function watchFile(file: string, changed: () => void, log: Log): Disposable {
  let watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | null = null;
  let watched = "";
  let complained = false;

  const targets = (): string[] => {
    const folders = new Set([nearestFolder(dirname(file))]);
    try {
      folders.add(dirname(realpathSync(file)));
    } catch {} // there is no file
    return [...folders];
  };
  const stop = (): void => {
    for (const w of watchers) w.close();
    watchers = [];
  };
  const start = (): void => {
    const folders = targets();
    if (folders.join("\n") === watched) return;
    stop();
    watched = folders.join("\n");
    for (const folder of folders) {
      try {
        const watcher = watch(folder, { persistent: false }, onEvent);
        watcher.on("error", fail);
        watchers.push(watcher);
      } catch (e) {
        fail(e);
      }
    }
  };
  const fail = (e: unknown): void => {
    watched = ""; // the next event, from whichever watcher still lives, tries again
    if (complained) return;
    complained = true;
    log("warn", "changes of the configuration can't be watched: restart the daemon after a change", {
      file: basename(file),
      why: messageOf(e),
    });
  };
  const onEvent = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      start();
      changed();
    }, settleMs).unref();
  };
  start();
  return {
    [Symbol.dispose]: () => {
      stop();
      if (timer) clearTimeout(timer);
    },
  };
}

function nearestFolder(folder: string): string {
  const parent = dirname(folder);
  return parent === folder || statSync(folder, { throwIfNoEntry: false })?.isDirectory()
    ? folder
    : nearestFolder(parent);
}
