import { ConfigFault, pathText } from "../../io/config/fault.ts";
import { type ConfigStore, openConfig } from "../../io/config/store.ts";
import { leavesOf } from "../../io/config/tree.ts";

export interface ConfigCommandIo {
  readonly configFile: string;
  readonly dataDir: string;
  readonly json: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

const usage = "usage: switchyard config [--effective] [--json] [--config FILE] [--data DIR]";

/** `switchyard config [--effective]`: what the file sets; or the configuration in force and where each value came from. */
export async function configCommand(args: readonly string[], io: ConfigCommandIo): Promise<number> {
  const wrong = args.find((a) => a !== "--effective");
  if (wrong !== undefined) {
    io.err(`config: unknown argument "${wrong}". ${usage}`);
    return 2;
  }
  let config: ConfigStore;
  try {
    config = openConfig({ file: io.configFile, env: io.env, flags: {}, log: () => {}, watch: false });
  } catch (e) {
    if (!(e instanceof ConfigFault)) throw e;
    io.err(e.message);
    for (const flaw of e.flaws.slice(1))
      io.err(`  ${flaw.line === null ? "" : `${flaw.line}:${flaw.column}: `}${flaw.field ?? "file"}: ${flaw.reason}`);
    return 2;
  }
  if (args.length > 0) effective(config, io);
  else written(config, io);
  config.close();
  return 0;
}

function written({ file, exists, written: sets }: ConfigStore, io: ConfigCommandIo): void {
  if (io.json) {
    io.out(JSON.stringify({ file, exists, dataDir: io.dataDir, sets }));
    return;
  }
  io.out(exists ? file : `${file} (not there: the defaults hold)`);
  for (const [path, value] of leavesOf(sets)) io.out(`  ${pathText(path)} = ${JSON.stringify(value)}`);
}

function effective(config: ConfigStore, io: ConfigCommandIo): void {
  const rows = [...leavesOf(config.current)].map(([path, value]) => ({
    field: pathText(path),
    value,
    origin: config.origin(path),
  }));
  if (io.json) {
    const origins = Object.fromEntries(rows.map((r) => [r.field, r.origin]));
    io.out(
      JSON.stringify({
        file: config.file,
        exists: config.exists,
        dataDir: io.dataDir,
        config: config.current,
        origins,
      }),
    );
    return;
  }
  io.out(`file: ${config.file}${config.exists ? "" : " (not there)"}`);
  io.out(`data: ${io.dataDir}`);
  for (const { field, value, origin } of rows) io.out(`${field} = ${JSON.stringify(value)}  (${origin})`);
}
