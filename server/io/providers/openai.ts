import type { Dispatcher } from "undici";
import type { Call, Event, Provider, Stream } from "../../domain/event.ts";
import { endedFault, type Fault, fault } from "../../domain/fault.ts";
import type { Model, ProviderId } from "../../domain/model.ts";
import { Channel } from "../../kit/channel.ts";
import type { Timer } from "../../kit/clock.ts";
import { messageOf } from "../../kit/log.ts";
import type { Scope } from "../../kit/scope.ts";
import { editBody } from "../../logic/wires/body-edit.ts";
import { isLoading, readOpenAiAnswer, readOpenAiError } from "../../logic/wires/openai-answer.ts";
import { printRequest } from "../../logic/wires/openai-request.ts";
import { OpenAiStream, type PassOn } from "../../logic/wires/openai-stream.ts";
import { readOpenAiVectors } from "../../logic/wires/openai-vectors.ts";
import { type Net, type Origin, originOf } from "../net/net.ts";
import { mayBeLoading } from "./loading.ts";

/** After the terminator a stream has so long to close by itself, so that its connection can be used again. */
const closingMs = 1000;
/** How often a server is asked that is loading the model. */
const loadingMs = 500;
/** A model that answered less than so long ago is taken to be in memory still: Ollama's own default. */
const warmMs = 300_000;
/** An answer that isn't streamed is read whole, and so is an error: this much and no more. */
const maxAnswerBytes = 67_108_864;
const maxErrorBytes = 65_536;

export interface OpenAiOptions {
  readonly id: ProviderId;
  readonly baseUrl: string;
  readonly local: boolean;
  readonly connectMs: number;
  /** The key of this moment, or null; a fault when the configuration names one that isn't there. */
  readonly apiKey: () => string | null | Fault;
  readonly net: Net;
}

/** Any endpoint that speaks the OpenAI API. Bytes of the same wire are forwarded; anything else is printed and read. */
export class OpenAiProvider implements Provider {
  readonly #o: OpenAiOptions;
  readonly #origin: Origin;
  readonly #basePath: string;
  /** When each model last gave a first token; as many as are configured. */
  readonly #answered = new Map<string, number>();

  constructor(options: OpenAiOptions) {
    this.#o = options;
    const url = new URL(options.baseUrl);
    this.#origin = originOf(url, options.local, options.connectMs);
    this.#basePath = url.pathname.replace(/\/$/, "");
  }

  open(call: Call, scope: Scope): Stream {
    const exchange = new Exchange(this.#o.id, this.#o.local ? this.#answered : null, call, scope);
    const key = this.#o.apiKey();
    if (key !== null && typeof key === "object") exchange.fail(key);
    else {
      exchange.key = key;
      exchange.send = () => this.#send(exchange, call, key);
      exchange.send();
    }
    return exchange.events;
  }

  async loads({ name }: Model, nowMs: number): Promise<boolean> {
    const warm = nowMs - (this.#answered.get(name) ?? -Infinity) < warmMs;
    return this.#o.local && !warm && (await mayBeLoading(this.#o.baseUrl, name)) === true;
  }

  warm(): void {
    this.#o.net.warm(this.#origin);
  }

  #send(exchange: Exchange, call: Call, key: string | null): void {
    const { path, body, passOn } = outgoing(call);
    exchange.passOn = passOn;
    const headers = [
      "content-type",
      "application/json",
      "accept",
      call.request.stream ? "text/event-stream" : "application/json",
    ];
    if (key !== null) headers.push("authorization", `Bearer ${key}`);
    const request = { path: this.#basePath + path, method: "POST" as const, headers, body };
    try {
      const open = this.#o.net.open(this.#origin);
      if (open) open.dispatch({ ...request, origin: this.#origin.name }, exchange);
      exchange.connectWithin(this.#o.connectMs);
      if (open) return;
      this.#o.net.dispatcher(this.#origin).then(
        (d) => void (exchange.over || d.dispatch({ ...request, origin: this.#origin.name }, exchange)),
        (e: unknown) => exchange.fail(notOpened(e)),
      );
    } catch (e) {
      exchange.fail(notOpened(e));
    }
  }
}

/** The offline switch, say, or a proxy whose address is none. */
const notOpened = (e: unknown): Fault => fault("upstream_error", messageOf(e), { retry: "elsewhere", unsent: true });

/** What is sent for a call, and how its answer is passed on. */
function outgoing({ model, request, accept }: Call): { path: string; body: string; passOn: PassOn } {
  const { body } = request;
  if (body !== undefined && accept === body.wire) {
    const asked =
      (body.json["stream_options"] as { include_usage?: boolean } | null | undefined)?.include_usage === true;
    return {
      path: body.wire === "openai.completions" ? "/completions" : "/chat/completions",
      body: editBody(body.text, { model: model.name, includeUsage: request.stream }),
      passOn: { as: "bytes", hideUsage: !asked },
    };
  }
  const printed = printRequest(
    request.prompt,
    request.wishes.sampling,
    model.name,
    request.stream,
    model.abilities.has("fim"),
    model.locality === "local",
  );
  return { ...printed, passOn: { as: "content" } };
}

/** One request and its answer on the socket, as a stream of events. Ends with its scope, which closes the socket. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly events = new Channel<Event>();
  passOn: PassOn = { as: "content" };
  /** Taken out of every message of the provider: some repeat the key they refuse. */
  key: string | null = null;
  over = false;
  send: () => void = () => {};
  readonly #provider: ProviderId;
  /** Of a server of the user's own, which may be loading the model: when models last answered. */
  readonly #answered: Map<string, number> | null;
  readonly #call: Call;
  readonly #scope: Scope;
  readonly #startMs: number;
  readonly #onEnd = (why: string): void => this.#abort(why);
  #controller: Dispatcher.DispatchController | null = null;
  #connected = false;
  #status = 0;
  #retryAfter: string | undefined;
  #stream: OpenAiStream | null = null;
  #parts: Buffer[] = [];
  #size = 0;
  #connecting: Timer | null = null;
  #closing: Timer | null = null;

  constructor(provider: ProviderId, answered: Map<string, number> | null, call: Call, scope: Scope) {
    this.#provider = provider;
    this.#answered = answered;
    this.#call = call;
    this.#scope = scope;
    this.#startMs = scope.elapsed();
    scope.onEnd(this.#onEnd);
  }

  /** Fails when no connection is there in time: undici's own timer is good to a second. */
  connectWithin(ms: number): void {
    if (this.#controller !== null || this.over) return; // a free one was at hand
    this.#connecting = this.#scope.clock.after(ms, () =>
      this.fail(
        fault(
          "upstream_timeout",
          `${this.#provider} did not accept a connection within ${ms} ms (timeouts.connectMs).`,
          { retry: "again", about: "provider" },
        ),
      ),
    );
  }

  /** A model that is being loaded is no failure: its server is asked again, and who waits is told why. */
  #askAgain(): void {
    this.#emit({ type: "waiting", why: `${this.#call.model.id} is being loaded` });
    this.#controller = null;
    this.#parts = [];
    this.#size = 0;
    this.#connecting = this.#scope.clock.after(loadingMs, () => this.send());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#connecting?.cancel();
    if (this.over) return controller.abort(new Error("the request was cancelled"));
    this.#controller = controller;
    if (!this.#connected) this.#scope.span("connect", this.#startMs, this.#call.attempt);
    this.#connected = true;
    this.events.onFull = () => controller.pause();
    this.events.onDrained = () => controller.resume();
  }

  onResponseStart(
    _c: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    if (status >= 200 && status < 300) {
      const type = String(headers["content-type"] ?? "application/json");
      this.#emit({
        type: "start",
        attempt: this.#call.attempt,
        model: this.#call.model.id,
        head: { status, contentType: type },
      });
      if (this.#call.request.stream && !type.startsWith("application/json"))
        this.#stream = new OpenAiStream((e) => this.#emit(e), this.passOn);
    } else {
      const after = headers["retry-after"];
      this.#retryAfter = typeof after === "string" ? after : undefined;
    }
  }

  onResponseData(_c: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#stream) return this.#gather(chunk);
    this.#size += chunk.length;
    if (this.#status >= 300) {
      if (this.#size <= maxErrorBytes) this.#parts.push(chunk);
    } else if (this.#size > maxAnswerBytes)
      this.#abortWith(
        fault("upstream_error", `${this.#provider} sent an answer of more than 64 MiB.`, { retry: "elsewhere" }),
      );
    else this.#parts.push(chunk);
  }

  /** One read of the socket comes as many chunks: what came together is looked at together. */
  #gather(chunk: Buffer): void {
    if (this.#parts.push(chunk) === 1) queueMicrotask(this.#gathered);
  }

  readonly #gathered = (): void => {
    if (this.#parts.length === 0) return;
    const data = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#stream?.push(data);
  };

  onResponseEnd(): void {
    this.#closing?.cancel();
    if (this.over) return;
    if (this.#stream) this.#gathered();
    if (this.#stream) {
      this.#stream.end();
      this.#closing?.cancel();
      return;
    }
    const body = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    if (this.#answered && isLoading(this.#status, body)) return this.#askAgain();
    if (this.#status >= 300)
      return this.fail(readOpenAiError(this.#status, body, this.#retryAfter, this.#scope.clock.wall()));
    if (this.#call.request.stream) {
      const f = readOpenAiError(this.#status, body, undefined, 0);
      return this.fail({ ...f, message: `The provider sent no stream but one answer: ${f.message}` });
    }
    const { prompt } = this.#call.request;
    const events =
      prompt.kind === "texts" ? readOpenAiVectors(body, prompt.texts.length) : readOpenAiAnswer(body, this.passOn);
    for (const event of events) this.#emit(event);
  }

  onResponseError(_c: Dispatcher.DispatchController, error: Error): void {
    if (this.#stream && !this.over) this.#gathered();
    this.fail(inWords(this.#provider, error));
  }

  /** Ends the stream with a fault, once. */
  fail(f: Fault): void {
    this.#emit({ type: "error", fault: f });
  }

  #emit(event: Event): void {
    if (this.over) return;
    this.events.push(event.type === "error" ? { type: "error", fault: this.#withoutKey(event.fault) } : event);
    if (event.type === "first") this.#answered?.set(this.#call.model.name, this.#scope.clock.now());
    else if (event.type === "done") {
      this.#close();
      if (this.#stream)
        this.#closing = this.#scope.clock.after(closingMs, () => this.#controller?.abort(new Error("did not close")));
    } else if (event.type === "error") {
      this.#close();
      this.#controller?.abort(new Error("the answer was not usable"));
    }
  }

  #withoutKey(f: Fault): Fault {
    return this.key === null ? f : { ...f, message: f.message.replaceAll(this.key, "[the key]") };
  }

  #abortWith(f: Fault): void {
    this.fail(f);
    this.#controller?.abort(new Error(f.message));
  }

  #abort(why: string): void {
    if (this.over) return;
    this.fail(endedFault(why));
    this.#controller?.abort(new Error(why));
  }

  #close(): void {
    this.over = true;
    this.#connecting?.cancel();
    this.#scope.offEnd(this.#onEnd);
    this.events.close();
  }
}

/** What a socket's error means to a person. */
function inWords(provider: ProviderId, error: Error): Fault {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const unreachable = (message: string): Fault =>
    fault("upstream_error", message, { retry: "elsewhere", about: "provider" });
  switch (code) {
    case "ECONNREFUSED":
      return unreachable(`${provider} is not there: nothing listens at its address. Start it, or correct its baseUrl.`);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return unreachable(`${provider} is not there: its name can't be resolved. Check the network and its baseUrl.`);
    case "UND_ERR_CONNECT_TIMEOUT":
      return fault("upstream_timeout", `${provider} did not accept a connection in time.`, {
        retry: "again",
        about: "provider",
      });
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
    case "EPIPE":
      return fault("upstream_error", `${provider} closed the connection.`, { retry: "again" });
  }
  const what = `${error.message}${code && !error.message.includes(code) ? ` (${code})` : ""}`;
  if (tlsError.test(code))
    return unreachable(
      `${provider} could not be trusted: ${what}. Add its authority to the system's store, or correct its baseUrl.`,
    );
  return fault("upstream_error", `${provider} could not be asked: ${what}`, { retry: "elsewhere" });
}

const tlsError = /^(ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/;
