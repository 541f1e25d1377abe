/**
 * The floor: the least that a gateway in this language can do. A bearer is checked, the body is read and parsed, forwarded
 * by undici's pool, and the usage is scanned from the answer on its way. What Switchyard adds is measured against this.
 */
import { createServer } from "node:http";
import { setFlagsFromString } from "node:v8";
import { Pool } from "undici";

setFlagsFromString("--semi-space-growth-factor=1"); // as the daemon: a young generation that stays small
const [origin, token] = process.argv.slice(2) as [string, string];
const pool = new Pool(origin, { connections: 512, pipelining: 1 });
const usageKey = Buffer.from('"usage":{');
let counted = 0;

const server = createServer({ noDelay: true }, (req, res) => {
  if (req.headers.authorization !== `Bearer ${token}`) return void res.writeHead(401).end();
  const parts: Buffer[] = [];
  req.on("data", (part: Buffer) => parts.push(part));
  req.on("end", () => {
    const body = Buffer.concat(parts);
    if (typeof (JSON.parse(body.toString()) as { model?: unknown }).model !== "string")
      return void res.writeHead(400).end();
    let abort: ((why: Error) => void) | undefined;
    res.on("close", () => abort?.(new Error("the client left")));
    pool.dispatch(
      { path: req.url!, method: "POST", headers: { "content-type": "application/json" }, body },
      {
        onRequestStart: (controller) => {
          abort = (why) => controller.abort(why);
        },
        onResponseStart: (_, status, headers) => void res.writeHead(status, headers as Record<string, string>),
        onResponseData: (_, chunk) => {
          const at = chunk.indexOf(usageKey);
          if (at >= 0) counted += Number(/"completion_tokens":(\d+)/.exec(chunk.toString("utf8", at))?.[1] ?? 0);
          res.write(chunk);
        },
        onResponseEnd: () => {
          abort = undefined;
          res.end();
        },
        onResponseError: () => void (res.headersSent ? res.destroy() : res.writeHead(502).end()),
      },
    );
  });
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: (server.address() as { port: number }).port })));
process.on("SIGTERM", () => process.exit(counted >= 0 ? 0 : 1));
process.stdin.resume().on("end", () => process.exit(0));
