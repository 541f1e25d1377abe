/** Groups of words that ask for the same thing whatever stands beside them; the first stands for all. Stems, lower case. */
const namesOfThings = `
  quickly rapidly
  largest biggest
  directory folder
  dictionary dict
  integer int
  boolean bool
  parameter param
  argument arg
  repository repo
  database db
  configuration config
  application app
  environment env
  regex regexp
  asynchronous async
  maximum max
  minimum min
  if whether
  character char
  specification spec
  hotkey keybinding
  inside within
  multiple several
  color colour
  behavior behaviour
  center centre
  gray grey
  canceled cancelled
`;

/** Verbs may be commands and operators too, so that these hold only where a verb is used, not spoken of. */
const namesOfActs = `
  remove delete
  show display
  get obtain retrieve
  start begin
  fix repair
  change modify
  choose pick
  use utilize utilise
  prevent avoid
  allow permit
  help assist
  provide supply
  occur happen
  initialize initialise
  optimize optimise
  serialize serialise
  normalize normalise
  organize organise
  summarize summarise
`;

const tableOf = (groups: string): ReadonlyMap<string, string> =>
  new Map(
    groups
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [first, ...others] = line.trim().split(" ");
        return others.map((other): [string, string] => [other, first!]);
      }),
  );

export const things = tableOf(namesOfThings);
export const acts = tableOf(namesOfActs);
