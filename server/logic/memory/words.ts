const set = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ""));

/** What stands before a noun and says that a certain one is meant. */
export const definite = set("the my our");
export const own = set("my our");
export const indefinite = set("a an");
/** What is dropped before "way". */
export const praises = set("best good right proper correct recommended preferred");
/** Words of quantity: behind them, one and many are two questions. */
export const quantities = set(
  "all every each both first last next previous only single multiple several many few most some any no another other",
);

/** With an article they say something else: few and a few, most and the most. */
export const measures = set("few little most number bit couple lot fewest least more");
/** What follows them is said, not meant. */
export const telling = set("say spell word words text print echo type write with and or");
/** Words that a question can do without. Everything that isn't here counts. */
export const fillers = set("actually basically really is are am be do does");
/** Dropped before anything else, so that what follows begins the sentence. */
export const courtesies = set("please kindly");
/** The same, but only apart from the rest: "print hello" means something. */
export const greetings = set("hi hello hey thanks thx");

export const speakers = set("i we me");
/** Before a lower-case "i" that is the speaker and no variable. */
export const beforeSpeaker = set(
  "do did does can could should would will must might may am was have had when if after before while that what because whether",
);

const pronouns = set("you it he she they this that these those there yes its their your");

export const modals = set("can could would will");
/** What one asks an assistant to do: "can you explain" is a request, "can you nest" is a question. */
export const requests = set(
  `explain show tell help give describe list write fix find create make add generate convert refactor rewrite implement
  suggest recommend compare summarize summarise review check debug translate optimize optimise simplify provide define
  remind walk`,
);
export const askers = set("how why what which where when who whether if");
/** Verbs of what is made by means of something. */
export const making = set("create build make import plot draw");
/** These begin the question proper behind a clause: "In Python, how …". */
export const openers = set("how why what which where should can is does");
/** Auxiliaries that make a yes-or-no question at its start. */
export const polar = set("is are am was were does do did has have had will would");

export const prepositions = set(
  `to from into onto in on at of off for with without by via over under before after between among against through during
  until since than as like about inside outside within behind across per and or but if when while where that which who
  because unless so not instead-of out-of`,
);
/** A name behind one of these says where a question plays, and may stand anywhere; "using" only for a language. */
export const places = set("in on for using under");
/** With one of these, it matters where "not" stands. */
export const adverbs = set("must can should may always even ever still yet just often sometimes also too again enough");
/** Only as words that tell what a veto was about. */
export const negations = set("not no never without none nothing neither nor");

/** Small words of other languages that look like English ones or none. Two of them: not English. */
export const foreign = set(
  `de la el los las un una en que por para como le les des est une dans pour il di che per della der die das und ist nicht ich
  wie kann eine ein mit auf het een van niet hoe och att jag hur jak nie się como uma não dos em`,
);

/** Behind "is" these say how something stands, behind "does" what it does: "why is it open", "why does it open". */
export const states = set(
  `open close clear clean clone empty slow free split read run put set cut hit cast spread shut let reset quit lock warm
  dry warn`,
);
export const beings = set("is are am be was were");

/** Things that live in a language or a tool: a Python list is a list in Python, but Python code isn't code in Python. */
export const hosted = set(
  `list dict dictionary array string set tuple map object function class component hook package branch commit tag repo
  repository container image app application generic promise lambda interface enum struct trait dataframe goroutine thread
  slice hash vector closure decorator table`,
);
/** Words that say that another word is spoken of, not used: "the delete operator". */
export const speaking = set(
  `method function keyword operator command statement attribute property tag hook module class type option flag use called
  named ?what ?mean ?what-it-does ?what-does ?explain ?difference ?purpose`,
);
/** A bare word behind one of these is its name. */
export const calling = set(
  "call invoke run execute import print echo say write word button label function type enum field column variable",
);
/** What a certain one of several is chosen by; in "the max index of x", "max" goes with "index". */
export const degrees = set("max maximum min minimum average mean median total sum count number top bottom");

/** Words that are no names, whatever their case. */
export const common: ReadonlySet<string> = new Set(
  [fillers, courtesies, greetings, definite, indefinite, speakers, pronouns, modals, praises]
    .concat([requests, askers, polar, prepositions, quantities, negations])
    .flatMap((words) => [...words]),
);
