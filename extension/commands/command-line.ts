/** The program that runs this extension; the daemon's command line runs in it as well. */
export interface Host {
  readonly execPath: string;
  readonly platform: NodeJS.Platform;
  /** Desktop VS Code: its program is Node only when it is told so. */
  readonly electron: boolean;
}

const thisHost = (): Host => ({
  execPath: process.execPath,
  platform: process.platform,
  electron: "electron" in process.versions,
});

/** `switchyard ARGS` as a line that runs as it stands in a terminal: nobody has `switchyard` itself on the PATH. */
export function commandLine(script: string, args: readonly string[], host: Host = thisHost()): string {
  const words = [host.execPath, script, ...args];
  // On Windows for PowerShell, the editor's own terminal there.
  if (host.platform === "win32") {
    const call = `& ${words.map((word) => `'${word.replaceAll("'", "''")}'`).join(" ")}`;
    return host.electron ? `$env:ELECTRON_RUN_AS_NODE=1; ${call}` : call;
  }
  const call = words.map(quoted).join(" ");
  return host.electron ? `ELECTRON_RUN_AS_NODE=1 ${call}` : call;
}

const quoted = (word: string): string =>
  /^[\w./:=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
