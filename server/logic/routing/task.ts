import type { Task } from "../../protocol/trace.ts";
import { taskOfVerb } from "./imperative.ts";
import { cutIntoWords, kinds, stop, Words } from "./words.ts";

/** What a word may be, for those that mean something; the comments say what for. */
const role = {
  commitVerb: 1, // "write … commit message"
  titleVerb: 2, // "give … title … conversation"
  testVerb: 4, // "add … tests"
  documentVerb: 8, // "write … docs"
  talk: 16,
  history: 32,
  test: 64,
  testKind: 128, // "unit tests"
  document: 256,
} as const;

/** What is found, the first that holds wins. */
const order = [
  "commit-message",
  "title",
  "summary",
  "test",
  "document",
  "refactor",
  "fix",
  "explain",
  "shell",
  "search",
  "write",
] as const satisfies readonly Task[];
const bit = Object.fromEntries(order.map((task, i) => [task, 1 << i])) as Record<(typeof order)[number], number>;
/** What an editor asks by itself comes first: those are unmistakable, also by the system message. */
const meta = bit["commit-message"] | bit.title | bit.summary;

interface Meaning {
  readonly roles: number;
  /** Tasks that the word names by itself. */
  readonly names: number;
}
const { commitVerb, titleVerb, testVerb, documentVerb, talk, history, test, testKind, document } = role;
const word = (roles: number, names = 0): Meaning => ({ roles, names });
const part = word(0); // of a phrase

const lexicon: Readonly<Record<string, Meaning>> = {
  write: word(commitVerb | titleVerb | testVerb | documentVerb, bit.write),
  generate: word(commitVerb | titleVerb | testVerb | documentVerb, bit.write),
  create: word(commitVerb | titleVerb | testVerb, bit.write),
  add: word(testVerb | documentVerb, bit.write),
  implement: word(0, bit.write),
  build: word(0, bit.write),
  suggest: word(commitVerb | titleVerb),
  draft: word(commitVerb),
  compose: word(commitVerb),
  give: word(titleVerb),
  provide: word(titleVerb),
  conversation: word(talk),
  chat: word(talk),
  thread: word(talk),
  discussion: word(talk),
  session: word(talk),
  history: word(history),
  test: word(test),
  tests: word(test),
  unit: word(testKind),
  integration: word(testKind),
  doc: word(document),
  docs: word(document),
  documentation: word(document),
  docstring: word(document),
  docstrings: word(document),
  comment: word(document),
  comments: word(document),
  readme: word(document),
  refactor: word(0, bit.refactor),
  simplify: word(0, bit.refactor),
  restructure: word(0, bit.refactor),
  fix: word(0, bit.fix),
  debug: word(0, bit.fix),
  bug: word(0, bit.fix),
  error: word(0, bit.fix),
  exception: word(0, bit.fix),
  crash: word(0, bit.fix),
  crashes: word(0, bit.fix),
  explain: word(0, bit.explain),
  why: word(0, bit.explain),
  shell: word(0, bit.shell),
  bash: word(0, bit.shell),
  zsh: word(0, bit.shell),
  terminal: word(0, bit.shell),
  find: word(0, bit.search),
  search: word(0, bit.search),
  title: part,
  summarise: part,
  summarize: part,
  ...Object.fromEntries(
    "commit message summary of come up with clean how does do what is are where which file command line not working doesn work"
      .split(" ")
      .map((name) => [name, part]),
  ),
};
const names = Object.keys(lexicon);
const words = new Words(names);
const rolesOf = Int32Array.from([0, ...names.map((name) => lexicon[name]!.roles)]);
const namesOf = Int32Array.from([0, ...names.map((name) => lexicon[name]!.names)]);
const id = (name: string): number => names.indexOf(name) + 1;

/** Two words with a space between that name a task, by both their numbers. */
const pairs = new Int32Array((names.length + 1) ** 2);
const pairAt = (first: number, second: number): number => first * (names.length + 1) + second;
for (const [task, phrases] of [
  ["refactor", ["clean up"]],
  ["fix", ["not working"]],
  ["explain", ["how does", "how do", "what does", "what is", "what are"]],
  ["shell", ["command line"]],
  ["search", ["where is", "which file"]],
] as const)
  for (const phrase of phrases) {
    const [first, second] = phrase.split(" ");
    pairs[pairAt(id(first!), id(second!))] = bit[task];
  }

const [commit, message, title, summarise, summarize, summary] = "commit message title summarise summarize summary"
  .split(" ")
  .map(id);
const [of, come, up, with_, doesn, work] = "of come up with doesn work".split(" ").map(id);

const space = 0x20;
const notWork = "'t "; // of "doesn't work"
const isNotWork = (text: Uint16Array, at: number): boolean =>
  text[at] === 0x27 && kinds[text[at + 1]!] === 0x74 && text[at + 2] === space;

/** Characters that may stand between a verb and its object, none of them a full stop. */
const reach = { commit: 60, title: 60, talk: 80, summary: 60, object: 40 } as const;

/** Whether the one is so near behind the other, in one sentence. */
function near(text: Uint16Array, from: number, to: number, most: number): boolean {
  if (from < 0 || to - from > most) return false;
  for (let i = from; i < to; i++) if (kinds[text[i]!] === stop) return false;
  return true;
}

/** The tasks that a text names, as bits: one look at each of its words. */
function tasksIn(asked: string): number {
  const { units: text, edges, words: count } = cutIntoWords(asked);
  let found = 0;
  // Where the last verb of each kind ended; the last one is the best.
  let commitFrom = -1;
  let titleFrom = -1;
  let talkFrom = -1;
  let summaryFrom = -1;
  let testFrom = -1;
  let documentFrom = -1;
  let comeEnd = -1;
  let doesnEnd = -1;
  // The last word that means something.
  let before = 0;
  let beforeStart = -1;
  let beforeEnd = -1;

  for (let at = 0; at < 2 * count; at += 2) {
    const start = edges[at]!;
    const end = edges[at + 1]!;
    const it = words.find(text, start, end);
    if (it === 0) continue;
    const roles = rolesOf[it]!;
    found |= namesOf[it]!;
    const next = beforeEnd === start - 1 && text[beforeEnd] === space ? before : 0;
    if (next !== 0) found |= pairs[pairAt(next, it)]!;

    if (it === message && next === commit && near(text, commitFrom, beforeStart, reach.commit))
      return bit["commit-message"];
    if (it === title && near(text, titleFrom, start, reach.title)) talkFrom = end;
    if (it === summarise || it === summarize || (it === of && next === summary)) summaryFrom = end;
    if (it === come) comeEnd = end;
    if (it === with_ && next === up && comeEnd >= 0 && beforeStart === comeEnd + 1 && text[comeEnd] === space)
      titleFrom = end;
    if (it === doesn) doesnEnd = end;
    if (it === work && doesnEnd >= 0 && start === doesnEnd + notWork.length && isNotWork(text, doesnEnd))
      found |= bit.fix;
    if (roles !== 0) {
      if (roles & talk && near(text, talkFrom, start, reach.talk)) found |= bit.title;
      if (roles & (talk | history) && near(text, summaryFrom, start, reach.summary)) found |= bit.summary;
      if (roles & test) {
        const kindOfTest = next !== 0 && rolesOf[next]! & testKind;
        if (near(text, testFrom, kindOfTest ? beforeStart : start, reach.object)) found |= bit.test;
      }
      if (roles & document && near(text, documentFrom, start, reach.object)) found |= bit.document;
      if (roles & commitVerb) commitFrom = end;
      if (roles & titleVerb) titleFrom = end;
      if (roles & testVerb) testFrom = end;
      if (roles & documentVerb) documentFrom = end;
    }
    before = it;
    beforeStart = start;
    beforeEnd = end;
  }
  return found;
}

const first = (found: number): Task => order[31 - Math.clz32(found & -found)]!;

/** What is asked for, told from the last user message and the beginning of the system message. */
export function recogniseTask(asked: string, system: string, hasTools: boolean): Task {
  const found = tasksIn(asked);
  if (found & bit["commit-message"]) return "commit-message";
  const unmistakable = meta & (system === "" ? found : found | tasksIn(system));
  if (unmistakable !== 0) return first(unmistakable);
  if (hasTools) return "agent";
  return taskOfVerb(asked) ?? (found === 0 ? "chat" : first(found));
}

/** Tasks that an editor gives by itself, beside the conversation. */
export const isMeta = (task: Task): boolean => task === "title" || task === "commit-message" || task === "summary";
