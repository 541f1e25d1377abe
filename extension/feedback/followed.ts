import { type Signal, signals } from "../../server/protocol/trace.ts";
import { type Fate, fateOf, stands } from "./fate.ts";
import { type Change, covers, lastFirst, moved, type Span } from "./span.ts";

export interface Rules {
  /** Texts that are followed at a time; beyond that the oldest is judged as it stands. */
  readonly most: number;
  /** Characters of a text that is followed; a longer one is nobody's single answer. */
  readonly maxChars: number;
  /** Milliseconds for which a text is followed. */
  readonly followMs: number;
  /** Milliseconds after which a text that stands unchanged was kept, saved or not. */
  readonly keptMs: number;
  /** Milliseconds of rest before a change counts: what is cut comes back elsewhere, what is undone may be redone, and errors come and go while somebody writes. */
  readonly settleMs: number;
}

export const rules: Rules = {
  most: 32,
  maxChars: 100_000,
  followMs: 10 * 60_000,
  keptMs: 2 * 60_000,
  settleMs: 2_000,
};

/** A text that was inserted. `T` names the answer that it is of. */
export interface Inserted<T> {
  readonly of: T;
  readonly uri: string;
  readonly start: number;
  readonly text: string;
  /** What stood in its place before. */
  readonly replaced: string;
  /** The errors that the document had before, by their words. */
  readonly errors: ReadonlySet<string>;
}

/** What can be seen of the documents that are open. */
export interface View {
  /** Null: the document isn't open any more. */
  text(uri: string, span: Span): string | null;
  /** The errors shown in a stretch, by their words. */
  errors(uri: string, span: Span): readonly string[];
}

interface Item<T> {
  readonly was: Inserted<T>;
  readonly bornMs: number;
  uri: string;
  span: Span;
  /** Its whole stretch was taken away or replaced; by *Undo*. */
  gone: "no" | "removed" | "undone";
  /** When something last happened that isn't judged yet; null: nothing. */
  stirredMs: number | null;
  /** Somebody wrote above it: errors in it may be theirs from then on. */
  written: boolean;
  told: Signal | null;
}

/**
 * Follows inserted texts through further edits and says what became of each. Nothing here knows the editor or the clock:
 * times are handed in, in milliseconds of a clock that only goes forward.
 */
export class Followed<T> {
  readonly #rules: Rules;
  readonly #view: View;
  readonly #tell: (of: T, signal: Signal) => void;
  #items: Item<T>[] = [];

  constructor(view: View, tell: (of: T, signal: Signal) => void, limits: Rules = rules) {
    this.#view = view;
    this.#tell = tell;
    this.#rules = limits;
  }

  get size(): number {
    return this.#items.length;
  }

  follow(was: Inserted<T>, nowMs: number): void {
    if (was.text.trim() === "" || was.text.length > this.#rules.maxChars) return;
    const span = { start: was.start, end: was.start + was.text.length };
    this.#items.push({
      was,
      bornMs: nowMs,
      uri: was.uri,
      span,
      gone: "no",
      stirredMs: null,
      written: false,
      told: null,
    });
    const oldest = this.#items.length > this.#rules.most ? this.#items.shift() : undefined;
    if (oldest) this.#close(oldest);
  }

  changed(uri: string, changes: readonly Change[], undo: boolean, nowMs: number): void {
    for (const change of lastFirst(changes))
      for (const item of this.#items) {
        if (item.gone !== "no" && this.#backAgain(item, uri, change)) item.stirredMs = nowMs;
        else if (item.uri === uri) this.#move(item, change, undo, nowMs);
      }
  }

  /** What went here may come back there: cut and pasted, undone and redone. */
  #backAgain(item: Item<T>, uri: string, { rangeOffset, text }: Change): boolean {
    if (text === "" || !stands(item.was.text, text)) return false;
    const at = Math.max(0, text.indexOf(item.was.text));
    const start = rangeOffset + at;
    const whole = text.startsWith(item.was.text, at);
    item.uri = uri;
    item.span = { start, end: whole ? start + item.was.text.length : rangeOffset + text.length };
    item.gone = "no";
    return true;
  }

  #move(item: Item<T>, change: Change, undo: boolean, nowMs: number): void {
    const { span } = item;
    const above = change.rangeOffset + change.rangeLength <= span.start;
    const touched = !above && change.rangeOffset < span.end;
    if (item.gone === "no" && covers(change, span) && !stands(item.was.text, change.text))
      item.gone = undo ? "undone" : "removed";
    if (above) item.written = true;
    if (touched || item.stirredMs !== null) item.stirredMs = nowMs;
    item.span = moved(span, change);
  }

  /** A document's errors have changed. */
  errorsChanged(uri: string, nowMs: number): void {
    for (const item of this.#items) if (item.uri === uri) item.stirredMs ??= nowMs;
  }

  /** Who saves says that it shall be so. What is just gone may still come back. */
  saved(uri: string): void {
    for (const item of this.#items) {
      const fate = item.uri === uri ? this.#fate(item) : null;
      if (fate !== null && fate !== "undone") this.#say(item, fate);
    }
  }

  /** Nothing more can be seen of what it holds. What was just cut from it may be on its way elsewhere. */
  closed(uri: string): void {
    this.#items = this.#items.filter((item) => item.uri !== uri || item.gone !== "no");
  }

  /** Judges what is due. */
  check(nowMs: number): void {
    const going: Item<T>[] = [];
    for (const item of this.#items) {
      if (nowMs >= item.bornMs + this.#rules.followMs) this.#close(item);
      else if (this.#goesOn(item, nowMs)) going.push(item);
    }
    this.#items = going;
  }

  /** When `check` has something to do next; null: never. */
  get dueMs(): number | null {
    const { followMs, keptMs, settleMs } = this.#rules;
    const times = this.#items.map((item) =>
      Math.min(
        item.bornMs + followMs,
        item.told === null ? item.bornMs + keptMs : Number.POSITIVE_INFINITY,
        item.stirredMs === null ? Number.POSITIVE_INFINITY : item.stirredMs + settleMs,
      ),
    );
    return times.length === 0 ? null : Math.min(...times);
  }

  #goesOn(item: Item<T>, nowMs: number): boolean {
    const { keptMs, settleMs } = this.#rules;
    const settled = item.stirredMs !== null && nowMs >= item.stirredMs + settleMs;
    const old = nowMs >= item.bornMs + keptMs;
    if (!settled && !(old && item.told === null)) return true;
    const fate = this.#fate(item);
    if (settled) {
      item.stirredMs = null;
      if (fate === "undone") {
        this.#say(item, "undone");
        return false;
      }
      if (fate === "kept" && this.#newErrors(item)) this.#say(item, "diagnostics");
    }
    // What is judged by its age alone is judged once; further edits are heard of when they are saved, or at the end.
    if (old && item.told === null && fate !== null) this.#say(item, fate);
    return fate !== null;
  }

  #close(item: Item<T>): void {
    const fate = this.#fate(item);
    if (fate !== null) this.#say(item, fate);
  }

  /** Null: nobody can say, its document is closed. */
  #fate({ was, uri, span, gone }: Item<T>): Fate | null {
    if (gone === "undone") return "undone";
    const now = this.#view.text(uri, span);
    if (now === null) return gone === "removed" ? "undone" : null;
    // Who has back what stood there before has undone it, whichever way.
    if (was.replaced.trim() !== "" && now === was.replaced && now !== was.text) return "undone";
    return fateOf(was.text, now);
  }

  #newErrors({ was, uri, span, written }: Item<T>): boolean {
    return !written && this.#view.errors(uri, span).some((words) => !was.errors.has(words));
  }

  /** The worst counts, so nothing better is told after it. */
  #say(item: Item<T>, signal: Signal): void {
    if (item.told !== null && signals.indexOf(item.told) >= signals.indexOf(signal)) return;
    item.told = signal;
    this.#tell(item.was.of, signal);
  }
}
