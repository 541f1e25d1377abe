import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type * as z from "zod";
import type { Copied } from "../../server/protocol/webview.ts";
import type { PanelDeps } from "../session.ts";

/** A webview of ours: its document, what it says (validated), and what is said to it. */
export class Page<In, Out> implements vscode.Disposable {
  readonly #webview: vscode.Webview;
  readonly #listening: vscode.Disposable;

  constructor(
    webview: vscode.Webview,
    name: "chat" | "timings" | "stats",
    title: string,
    deps: PanelDeps,
    schema: z.ZodType<In>,
    handler: (message: In) => void,
  ) {
    this.#webview = webview;
    const folder = vscode.Uri.joinPath(deps.context.extensionUri, "dist", "webview");
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    this.#listening = webview.onDidReceiveMessage((sent: unknown) => {
      const message = schema.safeParse(sent);
      if (message.success) handler(message.data);
      else deps.log.warn(`The ${name} page sent what its host doesn't know: ${message.error.issues[0]?.message ?? ""}`);
    });
    webview.html = html(webview, folder, name, title);
  }

  /** A page that is hidden gets nothing: it asks for all again when it is shown. */
  post(message: Out | Copied): void {
    void this.#webview.postMessage(message);
  }

  dispose(): void {
    this.#listening.dispose();
  }
}

/** Nothing is fetched, nothing inline runs, nothing is framed: the page is its one script and its one style sheet. */
function html(webview: vscode.Webview, folder: vscode.Uri, name: string, title: string): string {
  const nonce = randomBytes(18).toString("base64url");
  const file = (ending: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(folder, `${name}.${ending}`)).toString();
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${file("css")}">
<title>${title}</title>
</head>
<body>
<div id="app"></div>
<script nonce="${nonce}" src="${file("js")}"></script>
</body>
</html>`;
}
