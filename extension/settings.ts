import * as vscode from "vscode";
import type { SettingId, settings } from "./contributions.ts";

type Widen<T> = T extends boolean ? boolean : T extends number ? number : T extends string ? string : readonly string[];
type Value<K extends SettingId> = Widen<(typeof settings)[K]["default"]>;

/** A setting's value; VS Code fills in the default that package.json states. */
export const setting = <K extends SettingId>(id: K, scope?: vscode.ConfigurationScope): Value<K> =>
  vscode.workspace.getConfiguration(undefined, scope).get(id) as Value<K>;
