import type { Disposable } from "vscode";

/** Everything that must be undone, undone newest first. */
export class DisposableList implements Disposable {
  readonly #list: Disposable[] = [];
  #disposed = false;

  add<T extends Disposable>(one: T): T {
    if (this.#disposed) one.dispose();
    else this.#list.push(one);
    return one;
  }

  dispose(): void {
    this.#disposed = true;
    for (let one = this.#list.pop(); one; one = this.#list.pop()) one.dispose();
  }
}
