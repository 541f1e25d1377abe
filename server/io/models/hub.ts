import { createWriteStream, existsSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Dispatcher } from "undici";
import { type Net, originOf } from "../net/net.ts";
import type { CatalogueModel } from "./catalogue.ts";
import { freeBytes } from "./disk.ts";
import { ModelError } from "./error.ts";
import type { Fetching, Source } from "./source.ts";

/** A machine without this host finds out quickly and asks the next source. */
const connectMs = 4000;
const answerMs = 10_000;
const maxRedirects = 5;

/** The model hub; HF_ENDPOINT names a mirror, as for the hub's own tools. */
export const hubEndpoint = (env: NodeJS.ProcessEnv): string =>
  (env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");

/** A file of the hub: sized and hashed by the hub's own word, continued by Range. */
export function hubSource(model: CatalogueModel, endpoint: string, net: Net): Source {
  const { repo, revision, file } = model.hub;
  const url = new URL(`${endpoint}/${repo}/resolve/${revision}/${file}`);
  return {
    name: "Hugging Face",
    async fetch({ part, onProgress, signal }: Fetching) {
      const head = await ask(net, url, "HEAD", {}, signal, false);
      await head.body.dump();
      const stated = headerOf(head, "x-linked-etag")?.replaceAll('"', "") ?? null;
      const sha256 = stated && /^[0-9a-f]{64}$/i.test(stated) ? stated.toLowerCase() : null;
      const size = Number(headerOf(head, "x-linked-size") ?? Number.NaN);
      const total = Number.isFinite(size) ? size : model.bytes;
      if (sha256 === null && model.sha256 === null) {
        throw new ModelError("source", `it states no hash for ${file}, so that nothing can be checked`);
      }
      if (total !== null && existsSync(part) && statSync(part).size > total) rmSync(part);
      const had = existsSync(part) ? statSync(part).size : 0;
      if (had > 0 && had === total) return sha256;
      const free = freeBytes(dirname(part));
      if (total !== null && free !== null && free < total - had) {
        throw ModelError.diskFull(dirname(part), total - had, free);
      }
      const got = await ask(net, url, "GET", had > 0 ? { range: `bytes=${had}-` } : {}, signal, true);
      const from = got.statusCode === 206 ? had : 0; // 200: it knows no ranges
      const length = Number(headerOf(got, "content-length") ?? Number.NaN);
      const all = total ?? (Number.isFinite(length) ? from + length : null);
      let done = from;
      const count = async function* (body: Readable) {
        for await (const chunk of body as AsyncIterable<Buffer>) {
          done += chunk.length;
          onProgress({ message: `downloading ${model.name} from Hugging Face`, done, total: all });
          yield chunk;
        }
      };
      await pipeline(got.body, count, createWriteStream(part, { flags: from > 0 ? "a" : "w" }), { signal });
      return sha256;
    },
  };
}

const headerOf = (response: Dispatcher.ResponseData, name: string): string | undefined => {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** Follows redirects from host to host; with `follow` false the first answer counts, which carries the hub's own headers. */
async function ask(
  net: Net,
  start: URL,
  method: "GET" | "HEAD",
  headers: Record<string, string>,
  signal: AbortSignal,
  follow: boolean,
): Promise<Dispatcher.ResponseData> {
  const { default: undici } = await import("undici"); // bundled, it has no named exports
  let url = start;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const dispatcher = await net.dispatcher(originOf(url, false, connectMs));
    const response = await undici.request(url, { method, headers, dispatcher, signal, headersTimeout: answerMs });
    const { statusCode } = response;
    const location = headerOf(response, "location");
    if (statusCode >= 300 && statusCode < 400 && location && (follow || !headerOf(response, "x-linked-etag"))) {
      await response.body.dump();
      url = new URL(location, url);
      continue;
    }
    if (statusCode >= 400) {
      await response.body.dump();
      throw new ModelError("source", `it answered ${statusCode} for ${start.pathname}`);
    }
    return response;
  }
  throw new ModelError("source", `it redirected more than ${maxRedirects} times`);
}
