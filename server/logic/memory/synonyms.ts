/** Groups of words that ask for the same thing whatever stands beside them; the first stands for all. Stems, lower case. */
const groups = `
  remove delete
  show display
  get obtain retrieve
  start begin
  fix solve repair
  problem issue
  change modify
  choose pick
  fast quick
  quickly rapidly
  large big
  largest biggest
  directory folder dir
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
  every each
  if whether
  use utilize utilise employ
  that which
  inside within
  prevent avoid
  allow permit
  identical same
  entire whole
  additional extra
  help assist aid
  provide furnish supply
  character char
  specification spec
  information info
  hotkey keybinding
  initialize initialise
  optimize optimise
  serialize serialise
  normalize normalise
  color colour
  organize organise
  behavior behaviour
  center centre
  gray grey
  canceled cancelled
  multiple several
  occur happen
`;

/** What a stem is called after it was put together with its synonyms. */
export const synonyms: ReadonlyMap<string, string> = new Map(
  groups
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [first, ...others] = line.trim().split(" ");
      return others.map((other): [string, string] => [other, first!]);
    }),
);
