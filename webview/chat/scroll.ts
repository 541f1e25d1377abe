/** Follows the end of a list that grows, until the reader scrolls up; being at the end again, it follows again. */
export class Follow {
  readonly #list: HTMLElement;
  readonly #toEnd: HTMLElement;
  #following = true;
  #growing = false;
  /** The heights of the content and of its window at the last scroll. */
  #seen = "";

  constructor(list: HTMLElement, content: HTMLElement, toEnd: HTMLElement) {
    this.#list = list;
    this.#toEnd = toEnd;
    list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    toEnd.addEventListener("click", () => this.now());
    const resized = new ResizeObserver(() => this.grown());
    resized.observe(list);
    resized.observe(content);
  }

  /** Something was added, or the list has another size. */
  grown(): void {
    if (this.#following) this.#list.scrollTop = this.#list.scrollHeight;
    this.#seen = this.#heights();
  }

  now(): void {
    this.#following = true;
    this.grown();
    this.#showButton();
  }

  /** Whether there is an answer to follow. */
  answering(growing: boolean): void {
    this.#growing = growing;
    this.#showButton();
  }

  #scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    // A place that moved since something was laid out anew was not the reader's choice.
    if (this.#following && this.#heights() !== this.#seen) this.grown();
    else this.#following = scrollHeight - scrollTop - clientHeight < 24;
    this.#showButton();
  }

  #heights(): string {
    return `${this.#list.scrollHeight} ${this.#list.clientHeight}`;
  }

  #showButton(): void {
    this.#toEnd.hidden = this.#following || !this.#growing;
  }
}
