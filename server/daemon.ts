import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ModelId } from "./domain/model.ts";
import { answering } from "./gateway/answer.ts";
import { type AttemptDeps, attempt } from "./gateway/attempt.ts";
import { usualTotalMs } from "./gateway/deadlines.ts";
import { Embeddings } from "./gateway/embeddings.ts";
import { foreseeing } from "./gateway/foresee.ts";
import type { Gateway } from "./gateway/gateway.ts";
import { AskingJudge } from "./gateway/judge.ts";
import { type Attempt, executor } from "./gateway/run/run.ts";
import { starterConfig } from "./io/config/starter.ts";
import { openConfig } from "./io/config/store.ts";
import { Breakers } from "./io/health/breakers.ts";
import { openLedger } from "./io/ledger/ledger.ts";
import { Net } from "./io/net/net.ts";
import { systemClock } from "./kit/clock.ts";
import { makeFolder } from "./kit/folder.ts";
import { createLog, messageOf } from "./kit/log.ts";
import { privacyOf } from "./logic/privacy/verdict.ts";
import { baselineOf } from "./logic/routing/snapshot.ts";
import type { Config } from "./protocol/config.ts";
import type { Ready } from "./protocol/daemon.ts";
import { serveEditors } from "./surfaces/editor/serve.ts";
import { createHttp } from "./surfaces/http/server.ts";
import { Conversations } from "./wiring/conversations.ts";
import { EmbeddedModels } from "./wiring/embedded.ts";
import { Changes } from "./wiring/emitter.ts";
import { experience } from "./wiring/experience.ts";
import { Found } from "./wiring/found.ts";
import { IdleExit } from "./wiring/idle.ts";
import { limitsOf } from "./wiring/limits.ts";
import { Listed } from "./wiring/listed.ts";
import { takeLock } from "./wiring/lock.ts";
import { openMemory } from "./wiring/memory.ts";
import { Providers } from "./wiring/providers.ts";
import { writeReady } from "./wiring/ready-file.ts";
import { Snapshots } from "./wiring/snapshots.ts";
import { engineMetrics, loadMetrics, stateOf } from "./wiring/state.ts";
import { openReader } from "./wiring/weights.ts";

export interface DaemonOptions {
  readonly dataDir: string;
  readonly configFile: string;
  /** What the command line sets of the configuration. */
  readonly flags: object;
  /** Seconds without a client after which the daemon ends; null: never. */
  readonly idleExitSeconds: number | null;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
}

export interface Daemon {
  readonly ready: Ready;
  /** Whether `daemon.json` says what `ready` says. */
  readonly told: boolean;
  /** Resolves when the daemon has nothing to do any more and idle exit was asked for. */
  readonly idle: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Wires the daemon by hand and opens its doors. Throws ConfigFault, Taken, or what kept a port from being opened. A disk
 * that can't be written keeps it from nothing but recording.
 */
export async function startDaemon(o: DaemonOptions): Promise<Daemon> {
  const clock = systemClock;
  using starting = new DisposableStack(); // undone when a later step fails
  const lock = starting.use(takeLock(o.dataDir));
  let current: Config | null = null;
  const log = createLog(() => current?.log ?? { level: "info", format: "pretty" });
  const config = openConfig({ file: o.configFile, env: o.env, flags: o.flags, log, watch: true });
  starting.defer(() => config.close());
  current = config.current;

  if (lock.trouble) log("warn", lock.trouble);
  const ledger = openLedger({ dataDir: o.dataDir, options: () => config.current.ledger, clock, log });
  starting.defer(() => ledger.close());
  const net = new Net({
    env: o.env,
    offline: () => config.current.privacy.offline,
  });
  const secrets = new Map<string, string>();
  const embedded = new EmbeddedModels({
    dataDir: o.dataDir,
    env: o.env,
    offline: () => config.current.privacy.offline,
    clock,
    log,
  });
  const found = new Found(o.env);
  const providers = new Providers({
    net,
    env: o.env,
    secret: (name) => secrets.get(name),
    engine: (c) => embedded.engine(c),
  });
  const breakers = new Breakers({ clock, look: (id, signal) => providers.look(id, signal) });
  starting.use(breakers);
  const limits = limitsOf(() => config.current, providers, clock);
  const changes = new Changes(100);

  // What is in force: the file's providers, or, where it names none, what this machine has.
  const inForce = (): Config => found.complete(config.current, embedded.installed());
  const snapshots = new Snapshots({ config: inForce, providers, embedded, breakers, ledger });
  const routing = () => snapshots.current.routing;
  const rebuild = (): void => {
    snapshots.rebuild();
    changes.tell();
  };

  const modelOf = (id: ModelId) => routing().byId.get(id);
  const door: AttemptDeps = {
    clock,
    append: (fact) => ledger.append(fact),
    model: modelOf,
    baseline: () => baselineOf(routing()),
    provider: (id) => providers.get(id),
    limits: limits.all,
    health: breakers,
  };
  const ask: Attempt = (running, model, role, scope) => attempt(door, running, model, role, scope);
  const judge = new AskingJudge(clock, modelOf);
  const embeddings = new Embeddings({
    embedder: () => snapshots.current.embedder,
    attempt: ask,
    usable: (id) => modelOf(id)?.abilities.has("embeddings") === true && !breakers.broken().has(id),
  });
  const memory = openMemory({
    dataDir: o.dataDir,
    clock,
    log,
    config: () => config.current,
    snapshot: () => snapshots.current,
    trace: (id) => ledger.trace(id),
    read: openReader(),
  });
  starting.defer(() => void memory.close());
  const gateway: Gateway = {
    privacy: (paths, texts) => privacyOf(snapshots.current, paths, texts),
    serve: answering({
      snapshot: routing,
      read: memory.read,
      conversations: new Conversations(clock),
      recall: memory.recall,
      embeddings,
      model: modelOf,
      baseline: () => baselineOf(routing()),
      append: (fact) => ledger.append(fact),
      run: executor({
        attempt: ask,
        judge,
        alike: memory.alike,
        crowded: (id) => limits.slots.full(modelOf(id)?.provider ?? ""),
        warm: (id) => providers.get(modelOf(id)?.provider ?? "")?.provider.warm?.(),
      }),
      totalMs: (id) => providers.get(modelOf(id)?.provider ?? "")?.timeouts.totalMs ?? usualTotalMs,
      storeText: () => config.current.ledger.storeText,
    }),
  };

  const { learning, experiments } = starting.use(
    experience({ dataDir: o.dataDir, ledger, clock, log, config: () => config.current, snapshots }),
  );

  const token = randomBytes(24).toString("base64url");
  const listed = new Listed(
    () => config.current,
    () => clock.now(),
  );
  const models = () => stateOf.models(routing(), breakers, listed);
  const lookedAt = async () => {
    await listed.look();
    return models();
  };
  const http = createHttp({
    gateway,
    ledger,
    clock,
    log,
    version: o.version,
    token,
    options: () => config.current.server,
    models: lookedAt,
    health: () => ({
      providers: breakers.providers(),
      models: [...routing().byId.keys()].map((id) => {
        return { id, state: breakers.of(id).health, passedOver: breakers.broken().has(id) };
      }),
    }),
    foresee: foreseeing({
      snapshot: routing,
      read: memory.read,
      privacy: gateway.privacy,
      now: () => clock.now(),
      builtin: false,
    }),
    forget: (which) => memory.remembered.forget(which),
    experiments: () => experiments.report(),
    learning,
    metrics: () =>
      loadMetrics(limits.slots.load()) + engineMetrics(providers.counters()) + memory.metrics() + learning.metrics(),
  });
  const { host, port } = config.current.server;
  const url = await http.listen(host, port);
  starting.defer(() => void http.close());

  const state = () => ({
    version: o.version,
    pid: process.pid,
    http: url,
    dataDir: o.dataDir,
    configFile: config.file,
    models: models(),
    offers: [...found.offers],
    problems: stateOf.problems({
      snapshot: routing(),
      fault: config.fault,
      ledger: ledger.problem(),
      engineMissing: snapshots.current.engineMissing,
      missingKeys: providers.missingKeys(),
      searching: found.searching,
    }),
    meter: ledger.meter(),
  });
  const editors = serveEditors({
    gateway,
    ledger,
    models: {
      configured: lookedAt,
      catalogue: () => embedded.catalogue(),
      pull: async (name, onProgress, signal) => {
        const pulled = await embedded.pull(name, onProgress, signal);
        rebuild();
        return pulled;
      },
      installEngine: async (onProgress, signal) => {
        const installed = await embedded.install(onProgress, signal);
        rebuild();
        return installed;
      },
    },
    memory: memory.remembered,
    learning,
    experiments: () => experiments.latest(),
    clock,
    log,
    version: o.version,
    token,
    // Names the socket, too: one that holds no folder may not take another's.
    dataDir: lock.trouble === null ? o.dataDir : join(o.dataDir, String(process.pid)),
    state,
    onState: (f) => changes.on(f),
    setSecret: (name, value) => {
      if (value === null) secrets.delete(name);
      else secrets.set(name, value);
      changes.tell();
    },
    ensureConfig: async () => {
      makeFolder(dirname(config.file));
      await writeFile(config.file, starterConfig(), { flag: "wx" }).catch((e: NodeJS.ErrnoException) => {
        if (e.code !== "EEXIST") throw e;
      });
      return { path: config.file };
    },
  });
  const socket = await editors.listen().catch((e: NodeJS.ErrnoException) => {
    if (e.code === undefined) throw e; // a place that isn't safe; what the system refuses is no reason not to serve others
    log("error", "windows can't connect to this daemon: there is no place for their socket", { why: e.message });
    return "";
  });
  const ready: Ready = { http: url, token, socket, pid: process.pid, version: o.version };
  const readyFile = lock.trouble === null ? writeReady(o.dataDir, ready, log) : null;
  starting.move();

  config.onChange((next) => {
    current = next;
    rebuild();
    memory.obey();
    experiments.reconfigured();
  });
  ledger.onEnded((trace) => {
    if (trace.status === "error")
      log("warn", "a request failed", { request: trace.id, model: trace.decision?.model ?? null, ...trace.error });
  });
  let problem = ledger.problem();
  const refresh = setInterval(() => {
    snapshots.remeasure(); // what is measured changes by the request, the plans made of it every few seconds
    if (ledger.problem() === problem) return;
    problem = ledger.problem();
    changes.tell();
  }, 5_000);
  refresh.unref();
  breakers.onChange(() => {
    if (routing().broken !== breakers.broken()) snapshots.remeasure();
    changes.tell();
  });
  const idle = new IdleExit({
    seconds: o.idleExitSeconds,
    clock,
    clients: () => editors.clients(),
    onClients: (f) => editors.onClients(f),
    running: () => ledger.running(),
    onEnded: (f) => ledger.onEnded(f),
  });
  // What was begun early today, before this start, counts too; that of local models with it, where they have a price.
  void ledger
    .stats({ by: "day", from: ledger.meter().day })
    .then(({ total }) => limits.speculation.spent(total.speculationNanos))
    .catch((e: unknown) => log("warn", "what speculation cost today is not known", { message: messageOf(e) }));
  // Only now, and again with each new window: being ready doesn't wait for it.
  const search = (): void => {
    if (Object.keys(config.current.providers).length === 0) void found.search(rebuild, log);
  };
  search();
  editors.onClients(search);

  return {
    ready,
    get told() {
      return readyFile?.written ?? false;
    },
    idle: idle.reached,
    stop: async () => {
      clearInterval(refresh);
      breakers[Symbol.dispose]();
      readyFile?.[Symbol.dispose]();
      idle[Symbol.dispose]();
      await Promise.all([http.close(), editors.close()]);
      judge.close();
      embeddings.close();
      await Promise.all([providers.close(), net.close()]);
      changes[Symbol.dispose]();
      config.close();
      learning.close();
      experiments.close();
      await memory.close();
      ledger.close();
      lock[Symbol.dispose]();
    },
  };
}
