import { verbs } from "./verbs.ts";

/**
 * Words of technical prose that say the same whatever stands beside them, the first for all. Left out on purpose, though a
 * thesaurus has them: yield (return), drop and delete (remove), build and make (create), transform (convert), hold (contain),
 * fetch and load (get), merge and join (combine), argument (parameter), technique (method), instance (example), and any other
 * that is also the name of an operation or a thing of its own.
 */
const sameVerbs = `
  use employ utilize utilise leverage
  create generate construct craft
  remove eliminate
  show display exhibit
  contain include
  specify indicate designate
  get obtain retrieve acquire procure
  select choose
  change modify alter
  start begin commence
  end terminate
  prevent avoid
  allow permit
  help assist aid
  provide supply furnish
  occur happen
  run execute
  require need necessitate
  keep retain
  store save
  answer respond reply
  ensure guarantee
  improve enhance
  compute calculate
  recompute recalculate
  want wish
  stop halt
  find locate
  manage oversee
  demonstrate illustrate
  represent denote
  try attempt
  examine inspect
  expect anticipate
  achieve accomplish
  exceed surpass
  accelerate expedite
  recommend suggest
  solve resolve
  notify inform
  understand comprehend
  optimize optimise
  initialize initialise
  serialize serialise
  normalize normalise
  organize organise
  recognize recognise
  customize customise
  summarize summarise
  synchronize synchronise
  tokenize tokenise
  visualize visualise
  minimize minimise
  maximize maximise
`;
const sameThings = `
  purpose aim goal objective
  way manner
  specific particular
  additional extra supplementary
  numeric numerical
  required necessary
  mandatory compulsory obligatory
  specified given
  previous prior preceding
  usually typically
  often frequently
  rarely seldom
  almost nearly
  about regarding concerning
  approximately roughly
  suitable appropriate
  enough sufficient adequate
  but however
  thus therefore hence
  fast quick rapid
  useful helpful
  simple straightforward
  easily effortlessly
  correctly properly
  currently presently
  immediately instantly
  afterwards subsequently
  additionally furthermore moreover
  especially particularly
  mainly primarily
  completely entirely fully
  only solely
  benefit advantage
  drawback disadvantage
  result outcome
  ability capability
  usage utilization utilisation
  documentation docs
  beginner novice newcomer
  state-of-the-art cutting-edge
`;

const irregularForms = new Map(
  `begin begins begun beginning, build builds built building, choose chooses chosen choosing, find finds found finding,
  get gets got getting, understand understands understood understanding, keep keeps kept keeping, make makes made making, put puts put putting, read reads read reading,
  run runs run running, see sees seen seeing, send sends sent sending, set sets set setting, show shows shown showing,
  split splits split splitting, write writes written writing`
    .split(/,\s+/)
    .map((forms): [string, string[]] => [forms.split(" ")[0]!, forms.split(" ")]),
);

/** A verb, its -s, -ed and -ing. */
export function formsOf(verb: string): readonly string[] {
  const known = irregularForms.get(verb);
  if (known !== undefined) return known;
  if (verb.endsWith("e")) return [verb, `${verb}s`, `${verb}d`, `${verb.slice(0, -1)}ing`];
  if (/[^aeiou]y$/.test(verb)) return [verb, `${verb.slice(0, -1)}ies`, `${verb.slice(0, -1)}ied`, `${verb}ing`];
  const hard = /^(?:drop|map|occur|permit|plan|skip|stop)$/.test(verb) ? verb.at(-1)! : "";
  return [verb, /(?:s|x|z|ch|sh)$/.test(verb) ? `${verb}es` : `${verb}s`, `${verb}${hard}ed`, `${verb}${hard}ing`];
}

const groupsOf = (text: string): string[][] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(" "));

/** Verbs that are names as well: of commands ("find", "locate"), methods and buttons. */
export const plainVerbs: ReadonlySet<string> = new Set(groupsOf(sameVerbs).flat());

export const sameProse: ReadonlyMap<string, string> = new Map([
  ...groupsOf(sameVerbs).flatMap(([first, ...others]) =>
    others.flatMap((other) => formsOf(other).map((form, i): [string, string] => [form, formsOf(first!)[i]!])),
  ),
  ...groupsOf(sameThings).flatMap(([first, ...others]) =>
    others.flatMap((other): [string, string][] => [
      [other, first!],
      [`${other}s`, `${first}s`],
    ]),
  ),
]);

/** A known verb by its -ed or -ing form. */
export const verbOf: ReadonlyMap<string, string> = new Map(
  [...verbs].flatMap((verb) =>
    formsOf(verb)
      .slice(2)
      .map((form): [string, string] => [form, verb]),
  ),
);
