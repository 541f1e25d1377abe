import type { CancellationToken, TextDocuments } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { whichOf } from "../../domain/memory.ts";
import type { Params, RequestName, Result } from "../../protocol/editor.ts";
import { chat } from "./chat.ts";
import { complete } from "./complete.ts";
import type { TraceWatch } from "./watch.ts";
import type { Window } from "./window.ts";
import { runWork, type Work } from "./work.ts";

export type Handlers = {
  readonly [N in RequestName]: (params: Params<N>, token: CancellationToken) => Promise<Result<N>>;
};

/** What each request of a window does, one line each where it can be. */
export function handlers(window: Window, documents: TextDocuments<TextDocument>, traces: TraceWatch): Handlers {
  const { deps, life } = window;
  const gone = new AbortController();
  life.onEnd(() => gone.abort());
  let watching: Disposable | null = null;
  life.onEnd(() => watching?.[Symbol.dispose]());

  const work = (id: string, token: CancellationToken, run: Work) =>
    runWork(id, token, gone.signal, (progress) => window.notify("workProgress", progress), run);

  return {
    chat: (params, token) => chat(window, params, token),
    notAsked: async ({ trace }) => ({ forgotten: deps.memory.notAsked(trace) }),
    forget: async (which) => ({ answers: deps.memory.forget(whichOf(which)) }),
    complete: (params, token) => complete(window, documents.get(params.uri), params, token),
    state: async () => deps.state(),
    traces: async ({ limit }) => ({ traces: [...(await deps.ledger.traces({ limit })).traces] }),
    async watchTraces({ on }) {
      watching?.[Symbol.dispose]();
      watching = on ? deps.ledger.onTrace((trace) => traces.changed(trace)) : null;
      return null;
    },
    feedback: async ({ trace, signal }) => ({ known: deps.learning.feedback(trace, signal) }),
    learned: async () => deps.learning.report(),
    async resetLearned() {
      deps.learning.reset();
      return null;
    },
    experiments: async () => deps.experiments(),
    stats: async (params) => deps.ledger.stats(params),
    async secret({ name, value }) {
      deps.setSecret(name, value);
      return null;
    },
    ensureConfig: async () => ({ path: (await deps.ensureConfig()).path }),
    configuredModels: async () => [...(await deps.models.configured())],
    models: async () => deps.models.catalogue(),
    pullModel: ({ id, name }, token) => work(id, token, (tell, signal) => deps.models.pull(name, tell, signal)),
    installEngine: ({ id }, token) => work(id, token, (tell, signal) => deps.models.installEngine(tell, signal)),
  };
}
