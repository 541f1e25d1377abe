/** A daemon in small, to be killed: `node engine-parent.ts LIBRARY MODEL` prints the engine's pid in mid-answer. */
import { answer, callOf, engineProvider } from "./engine.ts";

const [library = "", model = ""] = process.argv.slice(2);
const provider = engineProvider(library);
let told = false;
await answer(provider, callOf(model, "the"), undefined, (event) => {
  if (event.type !== "text" || told) return;
  told = true;
  process.stdout.write(`${provider.pid}\n`);
});
