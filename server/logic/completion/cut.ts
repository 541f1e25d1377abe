import { openBrackets } from "./block.ts";
import { mayRunOn } from "./shape.ts";
import type { Surroundings } from "./surroundings.ts";

/** Lines of a suggestion at most. */
const maxLines = 16;

/** Chat models wrap code in fences: what stands in the first one is the code, a fence after code is its end. */
export function cutFences(text: string): string {
  const opened = /^\s*```[^\n]*\n/.exec(text);
  const inside = opened ? text.slice(opened[0].length) : text;
  const end = inside.search(/(^|\n)[ \t]*```/);
  return end < 0 ? inside : inside.slice(0, end);
}

/** Some models begin by saying the cursor's line again. */
export function cutEcho(text: string, at: Surroundings): string {
  const said = at.lineBefore.trim();
  const answer = text.trimStart();
  return said.length >= 3 && answer.startsWith(said) ? answer.slice(said.length) : text;
}

/** Blanks kept from the model come back as its first ones. */
export const cutHeld = (text: string, _at: Surroundings, held: string): string =>
  held === "" ? text : text.replace(/^[ \t]+/, "");

/** Within a line only its rest is wanted. */
export function cutLine(text: string, at: Surroundings): string {
  if (mayRunOn(at)) return text.split("\n").slice(0, maxLines).join("\n");
  const end = text.indexOf("\n");
  return end < 0 ? text : text.slice(0, end);
}

/** What follows the cursor already is not said again: neither the rest of its line, nor the next lines. */
export function cutSuffix(text: string, at: Surroundings): string {
  const rest = at.lineAfter.trim();
  if (rest !== "" && text.trimEnd().endsWith(rest)) return text.trimEnd().slice(0, -rest.length);
  const next = at.after
    .slice(at.lineAfter.length)
    .split("\n")
    .find((line) => line.trim() !== "");
  if (next === undefined || next.trim().length < 3) return text;
  const lines = text.split("\n");
  const same = lines.findIndex((line) => line.trim() === next.trim());
  return same < 0 ? text : lines.slice(0, same).join("\n");
}

/** A small model falls into a loop: the line before the cursor once more, or a line that it wrote already. */
export function cutRepetition(text: string, at: Surroundings): string {
  const previous = at.before
    .slice(0, at.before.length - at.lineBefore.length)
    .split("\n")
    .findLast((line) => line.trim() !== "");
  const lines = text.split("\n");
  const seen = new Set<string>(previous === undefined ? [] : [previous.trim()]);
  for (let i = 0; i < lines.length; i++) {
    const line = (i === 0 ? at.lineBefore + lines[i] : lines[i]!).trim();
    if (/[\p{L}\p{N}].*[\p{L}\p{N}]/u.test(line) && seen.has(line)) return lines.slice(0, i).join("\n");
    seen.add(line);
  }
  return text;
}

/** The first blank line after some code ends a suggestion. */
export function cutAtBlankLine(text: string): string {
  const end = text.slice(text.length - text.trimStart().length).search(/\n[ \t]*\n/);
  return end < 0 ? text : text.slice(0, text.length - text.trimStart().length + end);
}

/** A bracket left open in front of what stands on the line would make it wrong. */
export const cutLeftOpen = (text: string, at: Surroundings): string =>
  at.lineAfter.trim() !== "" && openBrackets(text).length > 0 ? "" : text;
