import { fileURLToPath } from "node:url";
import type { Gateway } from "../../gateway/gateway.ts";

/** The path that the privacy rules judge: of a `file:` URI the file's, of any other URI its path part, else the text itself. */
export function pathOf(uriOrPath: string): string {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(uriOrPath)) return uriOrPath; // a Windows drive is one letter, and no scheme
  try {
    const url = new URL(uriOrPath);
    return url.protocol === "file:" ? fileURLToPath(url) : decodeURIComponent(url.pathname);
  } catch {
    return uriOrPath;
  }
}

/** Why a file's text may be sent to no model, as a sentence with the way out; null when it may. */
export function denied(gateway: Gateway, path: string): string | null {
  const { verdict, rule } = gateway.privacy([path], []);
  if (verdict !== "nowhere") return null;
  return `${path} is sent to no model (privacy rule ${rule}): leave it out, or change privacy.deny in the configuration`;
}
