/** A promise that can be shut again. Those who wait stay until it opens or fails; nobody is forgotten by a second `shut`. */
export class Gate {
  #settled = true;
  #promise: Promise<void> = Promise.resolve();
  #resolve: () => void = () => {};
  #reject: (why: Error) => void = () => {};

  constructor() {
    this.shut();
  }

  get promise(): Promise<void> {
    return this.#promise;
  }

  shut(): void {
    if (!this.#settled) return;
    this.#settled = false;
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#promise.catch(() => {}); // somebody may be waiting, but nobody must
  }

  open(): void {
    this.#settled = true;
    this.#resolve();
  }

  fail(why: Error): void {
    this.#settled = true;
    this.#reject(why);
  }
}
