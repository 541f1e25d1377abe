import type { ServerResponse } from "node:http";
import type * as z from "zod";
import { answered, fault } from "../../domain/fault.ts";
import type { Body, Prompt, Request, Wishes } from "../../domain/request.ts";
import { newId } from "../../kit/ids.ts";
import { Scope } from "../../kit/scope.ts";
import { readChat, readFill, readNeeds, readSampling } from "../../logic/wires/openai-request.ts";
import {
  type OpenAiChat,
  type OpenAiCompletion,
  openAiChatSchema,
  openAiCompletionSchema,
} from "../../protocol/openai.ts";
import { parseBody, readBody } from "./body.ts";
import { type Handler, type HttpDeps, isFault, type RequestDeps, sendFault } from "./context.ts";
import { readHeaders, type Said } from "./headers.ts";
import { reply } from "./reply.ts";

interface Endpoint<B extends OpenAiChat | OpenAiCompletion> {
  readonly wire: "openai.chat" | "openai.completions";
  readonly kind: "chat" | "completion";
  readonly schema: z.ZodType<B>;
  readonly prompt: (body: B) => Prompt;
  readonly needs: (body: B) => Wishes["needs"];
}

export const chatEndpoint: Endpoint<OpenAiChat> = {
  wire: "openai.chat",
  kind: "chat",
  schema: openAiChatSchema,
  prompt: readChat,
  needs: readNeeds,
};

export const completionEndpoint: Endpoint<OpenAiCompletion> = {
  wire: "openai.completions",
  kind: "completion",
  schema: openAiCompletionSchema,
  prompt: readFill,
  needs: () => [],
};

/** Answers a request of the OpenAI wire. The client's leaving ends its scope, and with it the upstream's socket, at once. */
export function openAiHandler<B extends OpenAiChat | OpenAiCompletion>(
  deps: RequestDeps,
  endpoint: Endpoint<B>,
): Handler {
  return async (req, res, arrivedMs) => {
    const bytes = await readBody(req, deps.options().maxBodyBytes, "Send less, or raise server.maxBodyBytes");
    if (isFault(bytes)) return sendFault(res, bytes);
    const body = parseBody(bytes);
    if (isFault(body)) return sendFault(res, body);
    const parsed = endpoint.schema.safeParse(body.json);
    if (!parsed.success) return sendFault(res, fault("bad_request", inWords(parsed.error)));
    const said = readHeaders(req.headers);
    if (isFault(said)) return sendFault(res, said);
    return serve(deps, requestOf(deps, endpoint, parsed.data, body, said), parsed.data, res, arrivedMs);
  };
}

function requestOf<B extends OpenAiChat | OpenAiCompletion>(
  deps: HttpDeps,
  endpoint: Endpoint<B>,
  body: B,
  { text, json }: Pick<Body, "text" | "json">,
  said: Said,
): Request {
  const atMs = deps.clock.wall();
  const { wire, kind } = endpoint;
  let prompt: Prompt | null = null;
  return {
    id: newId(atMs),
    kind,
    stream: body.stream === true,
    origin: { surface: "http", wire, client: "default", workspace: said.workspace, session: said.session, atMs },
    wishes: { model: body.model, sampling: readSampling(body), needs: endpoint.needs(body), ...said.wishes },
    egress: deps.gateway.privacy([], [text]),
    get prompt() {
      prompt ??= endpoint.prompt(body);
      return prompt;
    },
    body: { wire, text, json },
  };
}

function serve(
  deps: RequestDeps,
  request: Request,
  body: OpenAiChat | OpenAiCompletion,
  res: ServerResponse,
  arrivedMs: number,
): Promise<void> {
  const scope = Scope.root(deps.clock, arrivedMs);
  if (res.destroyed) scope.end("the client left");
  const end = (why: string): void => scope.end(why);
  deps.life.onEnd(end);
  res.on("close", () => {
    deps.life.offEnd(end);
    scope.end(res.writableFinished ? answered : "the client left");
  });
  return reply(res, deps.gateway.serve(request, scope), {
    id: request.id,
    atMs: request.origin.atMs,
    wire: request.origin.wire as "openai.chat" | "openai.completions",
    stream: request.stream,
    wantsUsage: body.stream_options?.include_usage === true,
  });
}

/** The first thing that is wrong with a body, and where. */
function inWords(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return "The body is not as this endpoint needs it.";
  const where = issue.path.length > 0 ? `"${issue.path.join(".")}": ` : "";
  return `The body is not as this endpoint needs it: ${where}${issue.message}.`;
}
