import type { Fill, Sampling } from "../../domain/request.ts";
import { opensBlock } from "./block.ts";
import { indentOf, type Surroundings } from "./surroundings.ts";

export interface Shape {
  readonly prompt: Fill;
  readonly sampling: Sampling;
  /** Blanks before the cursor that were kept from the model: it writes them itself, as part of its first token. */
  readonly held: string;
}

/** True where a suggestion may run over several lines: a line just begun, or one that opens a block. */
export const mayRunOn = (at: Surroundings): boolean =>
  at.lineAfter.trim() === "" && (at.lineBefore.trim() === "" || opensBlock(at.lineBefore));

/** The line that closes the cursor's block, where it stands after the cursor already: a model that gets there is done. */
function ownEnd(at: Surroundings): string[] {
  const next = at.after.split("\n").find((line, i) => i > 0 && line.trim() !== "");
  const closer = next?.trim()[0] ?? "";
  return next !== undefined && ")]}".includes(closer) ? [`\n${indentOf(next)}${closer}`] : [];
}

/** What a model is asked for. One line ends at its end; a block at a blank line, and at the latest after 128 tokens. */
export function shape(at: Surroundings): Shape {
  const held = /[ \t]*$/.exec(at.before)![0];
  const lines = mayRunOn(at);
  return {
    prompt: {
      kind: "fill",
      prefix: at.before.slice(0, at.before.length - held.length),
      suffix: at.after === "" ? null : at.after,
      language: at.language,
    },
    sampling: lines
      ? { maxTokens: 128, temperature: 0, stop: ["\n\n", "\n```", ...ownEnd(at)] }
      : { maxTokens: 48, temperature: 0, stop: ["\n"] },
    held,
  };
}
