import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defaultConfigFile, defaultDataDir } from "../io/config/paths.ts";
import { presetNames, qualityOf } from "../protocol/strategy.ts";

/** A command line that can't be obeyed: ends with 2. */
export class WrongUse extends Error {
  readonly code = "ERR_PARSE_ARGS_VALUE";
}

/** The configuration file and the data folder, as said or by default. */
export function places(
  values: { readonly config?: string | undefined; readonly data?: string | undefined },
  env: NodeJS.ProcessEnv,
): { readonly configFile: string; readonly dataDir: string } {
  if (values.config !== undefined && !existsSync(values.config))
    throw new WrongUse(
      `There is no file ${values.config}. Create it, or leave --config out to use ${defaultConfigFile(env, process.platform)}.`,
    );
  return {
    configFile: values.config === undefined ? defaultConfigFile(env, process.platform) : resolve(values.config),
    dataDir: values.data === undefined ? defaultDataDir(env, process.platform) : resolve(values.data),
  };
}

/** A whole number in a range, or undefined when the flag isn't there. */
export function number(flag: string, value: string | undefined, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  const n = Number(value);
  if (!Number.isInteger(n) || n < least || n > most)
    throw new WrongUse(`${flag} takes a whole number from ${least} to ${most}, not "${value}".`);
  return n;
}

/** A quality, 0…1, or undefined when the flag isn't there. */
export function quality(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const said = qualityOf(value);
  if (said === null)
    throw new WrongUse(`${flag} takes a number from 0 to 1, or one of ${presetNames.join(", ")}, not "${value}".`);
  return said;
}
