interface Node<V> {
  /** The text from its parent to here. */
  label: string;
  value: V | undefined;
  /** By the first UTF-16 unit of their labels. */
  readonly children: Map<number, Node<V>>;
}

const leaf = <V>(label: string, value: V | undefined): Node<V> => ({ label, value, children: new Map() });

/** How far two strings are alike from a place in the first on. */
function common(text: string, from: number, label: string): number {
  const most = Math.min(text.length - from, label.length);
  let n = 0;
  while (n < most && text.charCodeAt(from + n) === label.charCodeAt(n)) n++;
  return n;
}

/** Values by texts that mostly begin alike (a radix trie): finds those whose text another one begins with. */
export class Trie<V> {
  readonly #root = leaf<V>("", undefined);

  set(text: string, value: V): void {
    let node = this.#root;
    let at = 0;
    while (at < text.length) {
      const child = node.children.get(text.charCodeAt(at));
      if (!child) {
        node.children.set(text.charCodeAt(at), leaf(text.slice(at), value));
        return;
      }
      const n = common(text, at, child.label);
      at += n;
      node = n === child.label.length ? child : split(node, child, n);
    }
    node.value = value;
  }

  /** The values of all texts that `text` begins with, the shortest first. */
  *along(text: string): Generator<V> {
    let node: Node<V> | undefined = this.#root;
    let at = 0;
    while (node) {
      if (node.value !== undefined) yield node.value;
      const next: Node<V> | undefined = at < text.length ? node.children.get(text.charCodeAt(at)) : undefined;
      if (!next || common(text, at, next.label) < next.label.length) return;
      at += next.label.length;
      node = next;
    }
  }

  delete(text: string): void {
    const way: Node<V>[] = [this.#root];
    let at = 0;
    while (at < text.length) {
      const child: Node<V> | undefined = way.at(-1)!.children.get(text.charCodeAt(at));
      if (!child || common(text, at, child.label) < child.label.length) return;
      at += child.label.length;
      way.push(child);
    }
    way.at(-1)!.value = undefined;
    for (let i = way.length - 1; i > 0; i--) prune(way[i - 1]!, way[i]!);
  }

  get empty(): boolean {
    return this.#root.children.size === 0 && this.#root.value === undefined;
  }
}

/** Puts a node between a child and its parent, where another text branches off. */
function split<V>(parent: Node<V>, child: Node<V>, n: number): Node<V> {
  const between = leaf<V>(child.label.slice(0, n), undefined);
  parent.children.set(between.label.charCodeAt(0), between);
  child.label = child.label.slice(n);
  between.children.set(child.label.charCodeAt(0), child);
  return between;
}

/** A node without a value goes, or becomes one with its only child. */
function prune<V>(parent: Node<V>, node: Node<V>): void {
  if (node.value !== undefined || node.children.size > 1) return;
  const [only] = node.children.values();
  if (only) {
    only.label = node.label + only.label;
    parent.children.set(only.label.charCodeAt(0), only);
  } else parent.children.delete(node.label.charCodeAt(0));
}
