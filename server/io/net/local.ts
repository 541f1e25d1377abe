import { request } from "node:http";

/** More than any list of models takes. */
const maxAnswerBytes = 1_048_576;

/**
 * The JSON that a server of the user's own answers, or null: nobody there, another status than 200, no JSON, too much of it,
 * not over plain HTTP. Straight to the socket: a proxy has no business with it. Never throws.
 */
export function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  if (!url.startsWith("http:")) return Promise.resolve(null);
  return new Promise((resolve) => {
    const nothing = () => resolve(null);
    const asked = request(url, { signal, agent: false, headers: { accept: "application/json" } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece: string) => {
        text += piece;
        if (text.length <= maxAnswerBytes) return;
        nothing();
        asked.destroy();
      });
      answer.once("end", () => resolve(answer.statusCode === 200 ? parsed(text) : null));
      answer.once("error", nothing);
      answer.once("close", nothing);
    });
    asked.once("error", nothing);
    asked.end();
  });
}

/** Where a server's own paths begin, beside those of the OpenAI API. */
export const rootOf = (baseUrl: string): string => baseUrl.replace(/\/+$/, "").replace(/\/v1$/, "");

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
