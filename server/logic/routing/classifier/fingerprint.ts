import { denseCount, denseOf } from "./dense.ts";
import { Scanner } from "./scanner.ts";

/** Texts that touch every branch of the scanner. */
const probes = [
  "",
  "Why does `git rebase -i HEAD~3` drop a commit? Explain it step by step.",
  "Which is NOT a prime?\nA. 2\nB. 3.14\n(C) 1,024\n\n- none\n2. all of the above",
  'Fix src/app/main.ts:\n\n```ts\nconst fooBar = snake_case(x ?? [1, { y: 2 }]);\n\treturn fooBar;\n```\n    at run (app.js:10:5)\n  File "x.py", line 3',
  "Ärger mit Übergröße — 你好世界 \u{1f600} ünïcödé 12345678901",
  `${"The quick brown fox, number 42, designs a distributed algorithm. ".repeat(60)}How many?`,
];

/** Changes whenever the scanner sees a text in another way: weights fit only the features that they were trained on. */
export function fingerprintOf(): number {
  const scanner = new Scanner();
  const dense = new Int32Array(denseCount);
  let hash = 0x811c9dc5 | 0;
  for (const probe of probes) {
    scanner.scan(probe);
    denseOf(scanner, dense);
    for (const value of dense) hash = Math.imul(hash ^ value, 0x01000193);
    for (let i = 0; i < scanner.gramCount; i++) hash = Math.imul(hash ^ scanner.grams[i]!, 0x01000193);
  }
  return hash >>> 0;
}
