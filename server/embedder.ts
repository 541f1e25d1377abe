import { parentPort, workerData } from "node:worker_threads";
import { loadSentenceModel, modelFolder } from "./io/cache/sentence-model.ts";
import type { WorkerSettings } from "./io/cache/vector-messages.ts";
import { serveVectors } from "./io/cache/vector-server.ts";

if (parentPort === null) throw new Error("the embedder runs as a worker of the daemon");
const { maxEntries } = workerData as WorkerSettings;
serveVectors(parentPort, { maxEntries, load: () => loadSentenceModel(modelFolder(import.meta.filename)) });
