const list = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** Verbs that can't be nouns in this trade: their -s is no plural, and a "to" before them is an infinitive's. */
export const pureVerbs: ReadonlySet<string> = new Set(
  list(`
  accept achieve add allow append apply assign avoid become begin bring calculate clarify combine compute concatenate
  configure connect contain convert create declare decide decode decrypt define delete deploy describe detect
  determine disable display download
  enable encode encrypt ensure execute exclude expect explain extend extract fail find fix flatten forget generate
  get give happen handle hide ignore implement improve include increase decrease initialize insert install
  invoke iterate join keep know learn let limit load make manage maximize mean measure merge minimize modify
  obtain open optimize organize parse pass perform prevent print provide publish put read receive redirect reduce
  refactor remove rename render replace represent require resolve restart retrieve return reuse
  revert run save search select send serialize serve show simplify skip solve sort specify split start stop store
  submit suppress swap tell throw translate traverse truncate try understand undo uninstall unlock
  update upgrade upload use utilize validate verify wait work wrap write
`),
);

/** Verbs whose -ing form asks the same as the verb. */
export const verbs: ReadonlySet<string> = new Set([
  ...pureVerbs,
  ...list(`
  access align animate ask await authenticate block break build cache call cancel cast catch change check choose clean
  clear click clone close code collapse comment commit compare compile compress copy count crash debug deal
  deprecate design destroy develop document drag draw drop edit embed enter escape evaluate exist
  exit expand export expose fetch filter focus fold format freeze get guess hang hash help highlight host import
  increment decrement inherit inject inspect integrate interpolate leak link lint listen lock look loop maintain
  match mock monitor mount move mutate navigate need nest override overwrite paginate pin plot poll
  prefix press process profile pull push query raise rebase recover refresh reload reset resize
  reverse rewrite roll rotate round sanitize scale schedule scroll see share shuffle sleep slice slow squash
  stage stash subscribe switch test toggle touch trace track train transform trigger trim turn type
  unsubscribe view visit want warn watch zip
`),
]);

/** Words in -ing or -s that are things of their own. */
export const unstemmed: ReadonlySet<string> = new Set(
  list(`
  string strings setting thing nothing something everything anything warning meaning missing during
  mapping listing binding heading padding spacing timing logging routing typing following pending
  building string spring sibling sing morning evening
  always perhaps besides series species news whereas yes this is as does has goes its us
  cors redis sas less pass across versus towards upwards downwards afterwards
`),
);

/** Forms that no rule finds. */
export const irregular: ReadonlyMap<string, string> = new Map([
  ["has", "have"],
  ["goes", "go"],
  ["caches", "cache"],
  ["use", "use"],
  ["lying", "lie"],
  ["tying", "tie"],
]);
