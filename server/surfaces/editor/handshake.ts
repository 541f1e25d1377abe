import { createHash, timingSafeEqual } from "node:crypto";
import { handshakeSchema, protocolVersion } from "../../protocol/daemon.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** What is wrong with a window's handshake, as a sentence with the way out; null when nothing is. */
export function refusal(options: unknown, token: string, version: string): string | null {
  const parsed = handshakeSchema.safeParse(options);
  if (!parsed.success) return "the handshake is malformed: send protocol, token and window in initializationOptions";
  if (parsed.data.protocol !== protocolVersion)
    return `this daemon (version ${version}) speaks protocol ${protocolVersion}, the window ${parsed.data.protocol}: use "Switchyard: Restart Daemon"`;
  if (!timingSafeEqual(digest(parsed.data.token), digest(token)))
    return "the token is wrong: read it anew from daemon.json in the data folder";
  return null;
}
