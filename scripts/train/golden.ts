/** What the classifier says of everyday questions, kept beside the tests: a change of weights or code shows there. */
import { Classifier } from "../../server/logic/routing/classifier/classifier.ts";
import { noClues } from "../../server/logic/routing/classifier/clues.ts";

const prompts = [
  "",
  "hi",
  "thanks, that worked",
  "what does git stash do?",
  "rename this variable to count",
  "How do I center a div?",
  "explain this regex: ^\\d{3}-\\d{4}$",
  "Write unit tests for the parseDate function",
  "implement an LRU cache in TypeScript with O(1) get and put",
  "Erkläre mir bitte, was dieser Code macht.",
  "你好,请解释这个函数",
  "Fix this bug.\n\n```js\nlet i = 0;\nwhile (i < 10) { console.log(i); }\n```",
  "What does this Python code print?\n\n```python\nprint([x * x for x in range(4) if x % 2])\n```",
  "Which of these is a prime?\nA. 21\nB. 27\nC. 31\nD. 39",
  "A train leaves at 9:15 and drives 210 km at 84 km/h. It stops twice for 4 minutes each. When does it arrive?",
  "Prove that there are infinitely many primes congruent to 3 modulo 4.",
  "Design a distributed rate limiter that must survive the loss of a node, must never exceed the limit by more than 5 %, and adds at most 1 ms latency. Discuss the trade-offs.",
  "Two workers sometimes take the same job.\n\nError: duplicate key value violates unique constraint\n    at Queue.take (src/queue.ts:88:13)\n    at Worker.run (src/worker.ts:41:22)\n\nFind the race condition in src/queue.ts, src/worker.ts and src/db/lock.ts and fix it without a global lock.",
  "Review this authentication module for vulnerabilities such as timing attacks and session fixation.",
  `Summarise this log.\n${"2026-01-01 12:00:00 INFO request served in 12 ms\n".repeat(200)}`,
];

export interface Golden {
  readonly prompt: string;
  readonly score: number;
  readonly weak: number;
  readonly strong: number;
  readonly novelty: number;
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

export function goldenOf(file: Uint8Array): Golden[] {
  const classifier = new Classifier(file);
  return prompts.map((prompt) => {
    const { score, weak, strong, novelty } = classifier.estimate(prompt, noClues);
    return { prompt, score: rounded(score), weak: rounded(weak), strong: rounded(strong), novelty: rounded(novelty) };
  });
}
