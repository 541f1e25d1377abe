import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fault, stopping } from "../../domain/fault.ts";
import { messageOf } from "../../kit/log.ts";
import { Scope } from "../../kit/scope.ts";
import { youngGeneration } from "../../kit/young.ts";
import { printOpenAiError } from "../../logic/wires/openai-print.ts";
import { statsHandler, tracesHandler } from "./admin.ts";
import { type Handler, type HttpDeps, sendFault, sendJson } from "./context.ts";
import { experimentsHandler } from "./experiments.ts";
import { forgetHandler } from "./forget.ts";
import { checkSource, checkToken } from "./guard.ts";
import { feedbackHandler, learnedHandler, resetLearnedHandler } from "./learned.ts";
import { Metrics } from "./metrics.ts";
import { modelsHandler } from "./models.ts";
import { chatEndpoint, completionEndpoint, openAiHandler } from "./openai.ts";
import { routeHandler } from "./route.ts";

/** What the contract names and this version hasn't. */
const laterPaths = ["/v1/messages", "/v1/responses", "/v1/embeddings", "/api/", "/admin/vram", "/openapi.json"];

/** How long running requests have to end when the daemon stops. */
const drainMs = 10_000;
/** … and how long those that were ended then have to say so. */
const farewellMs = 1_000;

export interface HttpServer {
  /** The base URL once it listens. Rejects when the port can't be had. */
  listen(host: string, port: number): Promise<string>;
  /** Takes no more, lets what runs end (10 s at most), then ends it. */
  close(): Promise<void>;
}

export function createHttp(deps: HttpDeps): HttpServer {
  const metrics = new Metrics();
  const watching = new DisposableStack();
  watching.use(deps.ledger.onEnded((trace) => metrics.ended(trace)));
  watching.use(deps.ledger.onLate((trace, attempt) => metrics.late(trace, attempt)));
  const token = Buffer.from(deps.token);
  const life = Scope.root(deps.clock);
  let closing = false;
  let running = 0;
  const young = youngGeneration();

  const health: Handler = (req, res) =>
    sendJson(res, 200, {
      status: closing ? "closing" : "ok",
      version: deps.version,
      // Without a token nobody is told where the user's files are.
      recording: deps.ledger.problem() === null,
      ...(checkToken(req.headers, token) === null ? { problem: deps.ledger.problem() } : {}),
      ...deps.health(),
    });
  const routes: Readonly<Record<string, Handler>> = {
    "POST /v1/chat/completions": openAiHandler({ ...deps, life }, chatEndpoint),
    "POST /v1/completions": openAiHandler({ ...deps, life }, completionEndpoint),
    "GET /v1/models": modelsHandler(deps),
    "GET /admin/traces": tracesHandler(deps),
    "GET /admin/stats": statsHandler(deps),
    "GET /admin/experiments": experimentsHandler(deps),
    "POST /admin/forget": forgetHandler(deps),
    "GET /admin/learned": learnedHandler(deps),
    "DELETE /admin/learned": resetLearnedHandler(deps),
    "POST /admin/feedback": feedbackHandler(deps),
    "POST /admin/route": routeHandler(deps),
    "GET /metrics": (_req, res) => {
      res.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
      res.end(metrics.print(deps.ledger.running()) + deps.metrics());
    },
  };

  const handlerOf = (method: string, path: string): Handler | undefined =>
    routes[`${method} ${path.startsWith("/admin/traces/") ? "/admin/traces" : path}`];

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const arrivedMs = deps.clock.now();
    const refused = checkSource(req.headers, deps.options().allowedHosts);
    if (refused) return sendFault(res, refused);
    const path = pathOf(req.url ?? "/");
    if (path === "/health" && (req.method === "GET" || req.method === "HEAD")) return health(req, res, arrivedMs);
    const unauthorized = checkToken(req.headers, token);
    if (unauthorized) return sendFault(res, unauthorized, { "www-authenticate": "Bearer" });
    if (closing)
      return sendFault(
        res,
        fault("shutting_down", "The daemon is stopping. Try again in a moment.", { afterMs: 2000 }),
      );
    const handler = handlerOf(req.method ?? "", path);
    if (!handler) {
      const known = Object.keys(routes).join(", ");
      const later = laterPaths.some((p) => path.startsWith(p)) ? "That comes with a later version. " : "";
      return sendFault(
        res,
        fault(
          "bad_request",
          `There is no ${req.method} ${path.slice(0, 100)} here. ${later}There are ${known} and GET /health.`,
          { status: 404 },
        ),
      );
    }
    return handler(req, res, arrivedMs);
  };

  const server: Server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (req, res) => {
    running++;
    young();
    res.on("close", () => running--);
    handle(req, res).catch((e: unknown) => {
      deps.log("error", "a request failed inside the daemon", { message: messageOf(e), stack: (e as Error).stack });
      if (res.headersSent) res.destroy();
      else sendFault(res, fault("internal", "The daemon made a mistake, and its log says which. Please report it."));
    });
  });
  server.on("clientError", (e: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return void socket.destroy();
    const large = e.code === "HPE_HEADER_OVERFLOW";
    const why = large ? "The request's headers are larger than 16 KiB." : "This is no HTTP/1.1 request.";
    const body = JSON.stringify(printOpenAiError(fault("bad_request", why)));
    socket.end(
      `HTTP/1.1 ${large ? "431 Request Header Fields Too Large" : "400 Bad Request"}\r\nconnection: close\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => {
          server.off("error", reject);
          const at = server.address() as AddressInfo;
          resolve(`http://${at.family === "IPv6" ? `[${at.address}]` : at.address}:${at.port}`);
        });
      }),
    close: async () => {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const ended = async (withinMs: number): Promise<void> => {
        const until = deps.clock.now() + withinMs;
        while (running > 0 && deps.clock.now() < until) {
          server.closeIdleConnections();
          await new Promise((r) => setTimeout(r, 20));
        }
      };
      await ended(drainMs);
      life.end(stopping);
      await ended(farewellMs);
      server.closeAllConnections();
      await closed;
      watching[Symbol.dispose]();
    },
  };
}

/** What stands before the query. */
function pathOf(url: string): string {
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}
