import { type Answer, type Forget, meets, type Typed, type Typing } from "../../domain/memory.ts";
import type { Clock } from "../../kit/clock.ts";
import { Trie } from "../../kit/trie.ts";
import { restOf } from "../../logic/memory/typed.ts";

export interface TypedOptions {
  readonly clock: Clock;
  /** Null: nothing is remembered. */
  readonly limits: () => { readonly ttlSeconds: number } | null;
}

interface Suggestion {
  readonly typing: Typing;
  readonly text: string;
  readonly answer: Answer;
}

/** Suggestions go stale with the file they were made for: so many are enough, of so much text before the cursor. */
const most = { suggestions: 2_000, chars: 20_000_000 };

/** Suggestions by the text before the cursor: who types along one is given the rest of it. In memory only. */
export class TypedAnswers implements Typed {
  readonly #o: TypedOptions;
  /** The oldest first. */
  readonly #all = new Set<Suggestion>();
  readonly #scopes = new Map<string, Trie<Suggestion>>();
  #chars = 0;

  constructor(o: TypedOptions) {
    this.#o = o;
  }

  /** The newest text that was asked for here and goes on after what was typed. */
  find(typing: Typing): { readonly answer: Answer; readonly rest: string } | null {
    const limits = this.#o.limits();
    const scope = this.#scopes.get(typing.scope);
    if (!scope || limits === null) return null;
    const oldest = this.#o.clock.wall() - limits.ttlSeconds * 1_000;
    for (const { text, typing: earlier, answer } of [...scope.along(typing.before)].reverse()) {
      const rest = answer.atMs > oldest ? restOf(text, earlier, typing) : null;
      if (rest !== null) return { answer, rest };
    }
    return null;
  }

  keep(typing: Typing, answer: Answer): void {
    const text = answer.events.map((e) => (e.type === "text" ? e.text : "")).join("");
    if (this.#o.limits() === null || text === "") return;
    const scope = this.#scopes.get(typing.scope) ?? new Trie<Suggestion>();
    this.#scopes.set(typing.scope, scope);
    for (const same of scope.along(typing.before)) if (same.typing.before === typing.before) this.#drop(same);
    const suggestion = { typing, text, answer };
    scope.set(typing.before, suggestion);
    this.#scopes.set(typing.scope, scope);
    this.#all.add(suggestion);
    this.#chars += sizeOf(suggestion);
    for (const oldest of this.#all) {
      if (this.#all.size <= most.suggestions && this.#chars <= most.chars) break;
      this.#drop(oldest);
    }
  }

  /** Returns the keys of the answers that are forgotten. */
  forget(which: Forget): readonly string[] {
    const gone = [...this.#all].filter(({ answer }) => meets(answer, which));
    for (const suggestion of gone) this.#drop(suggestion);
    return gone.map(({ answer }) => answer.key);
  }

  /** What is too old goes. */
  expire(): void {
    const limits = this.#o.limits();
    if (limits !== null) this.forget({ before: this.#o.clock.wall() - limits.ttlSeconds * 1_000 });
  }

  /** The configuration has changed. */
  obey(): void {
    if (this.#o.limits() === null) this.forget({});
  }

  get size(): number {
    return this.#all.size;
  }

  #drop(suggestion: Suggestion): void {
    if (!this.#all.delete(suggestion)) return;
    this.#chars -= sizeOf(suggestion);
    const { scope: key, before } = suggestion.typing;
    const scope = this.#scopes.get(key)!;
    scope.delete(before);
    if (scope.empty) this.#scopes.delete(key);
  }
}

const sizeOf = ({ typing, text }: Suggestion): number => typing.before.length + text.length;
