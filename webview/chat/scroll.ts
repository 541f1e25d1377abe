/** Follows the end of a list that grows, until the reader scrolls up; being at the end again, it follows again. */
export class Follow {
  readonly #list: HTMLElement;
  #following = true;

  constructor(list: HTMLElement, content: HTMLElement, toEnd: HTMLElement) {
    this.#list = list;
    list.addEventListener(
      "scroll",
      () => {
        this.#following = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
        toEnd.hidden = this.#following;
      },
      { passive: true },
    );
    toEnd.addEventListener("click", () => this.now());
    const resized = new ResizeObserver(() => this.grown());
    resized.observe(list);
    resized.observe(content);
  }

  grown(): void {
    if (this.#following) this.#list.scrollTop = this.#list.scrollHeight;
  }

  now(): void {
    this.#following = true;
    this.grown();
  }
}
