import { readReady } from "./ready-file.ts";

/**
 * Asks the running daemon of a data folder. Null: none runs there any more, and what lies on the disk is all there is. Throws
 * when it refuses, or hasn't answered after 30 s.
 */
export async function askDaemon(
  dataDir: string,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: object,
): Promise<{ readonly json: unknown } | null> {
  const ready = readReady(dataDir);
  if (!ready) return null;
  let res: Response;
  try {
    res = await fetch(`${ready.http}${path}`, {
      method,
      headers: { authorization: `Bearer ${ready.token}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(30_000),
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  } catch (e) {
    if ((e as Error).name === "TimeoutError") throw new Error(`The daemon at ${ready.http} does not answer.`);
    return null;
  }
  const text = await res.text();
  if (res.status === 404)
    throw new Error(`The daemon at ${ready.http} can't do this: it is of another version. Restart it.`);
  if (!res.ok) throw new Error(`The daemon refused: ${text.slice(0, 500)}`);
  return { json: JSON.parse(text) };
}
