import { cutAtBlockEnd, cutAtDedent } from "./block.ts";
import { cutAtBlankLine, cutEcho, cutFences, cutHeld, cutLeftOpen, cutLine, cutRepetition, cutSuffix } from "./cut.ts";
import { cutLoop } from "./loop.ts";
import type { Surroundings } from "./surroundings.ts";

type Cut = (text: string, at: Surroundings, held: string) => string;

/** In this order; a name is the reason when nothing is left after it. */
const cuts: readonly (readonly [string, Cut])[] = [
  ["the model wrote no code", cutFences],
  ["the model only repeated the line", cutEcho],
  ["the model wrote nothing", cutHeld],
  ["the model wrote nothing on this line", cutLine],
  ["the model only closed the block", cutAtBlockEnd],
  ["the model only left the block", cutAtDedent],
  ["the model only repeated what follows", cutSuffix],
  ["the model left a bracket open", cutLeftOpen],
  ["the model only repeated itself", cutLoop],
  ["the model only repeated the line before", cutRepetition],
  ["the model wrote nothing", cutAtBlankLine],
];

/** What of a model's answer may be shown as ghost text, or why nothing may. `held`: blanks kept from the model. */
export function show(
  answer: string,
  at: Surroundings,
  held: string,
): { readonly text: string } | { readonly reason: string } {
  let text = answer.replaceAll("\r\n", "\n");
  if (text.trim() === "") return { reason: "the model wrote nothing" };
  for (const [reason, cut] of cuts) {
    text = cut(text, at, held);
    if (text.trim() === "") return { reason };
  }
  return { text: text.trimEnd() };
}
