import { runEngine } from "./io/providers/llama-cpp/engine/main.ts";

process.title = "switchyard-engine";
runEngine();
