import { homedir } from "node:os";
import * as daemon from "../../protocol/daemon.ts";

/** The configuration file, unless `--config` says otherwise. */
export const defaultConfigFile = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string =>
  daemon.defaultConfigFile(platform, env, homedir());

/** Where ledger and lock are, unless `--data` says otherwise. */
export const defaultDataDir = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string =>
  daemon.defaultDataDir(platform, env, homedir());
