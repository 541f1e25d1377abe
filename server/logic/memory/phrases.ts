import { askers, modals, requests } from "./words.ts";

export interface Phrase {
  readonly words: readonly string[];
  /** Stands for the phrase. What begins with `?` is a kind of question. */
  readonly becomes: readonly string[];
  /** Only where a sentence begins. */
  readonly opens: boolean;
}

/** `@` is the one who asks ("I" and "we"); `^` the start of a sentence. Articles and adjectives of "way" are gone before. */
const table = `
  how do @, how do you, how would you, how does one, how can @, how could @, how should @, how would @, how might @, how to > ?how-to
  how do @ go about, explain how to, describe how to, what is way to, what is way of, what is way for > ?how-to
  is there way to, is there any way to, is there way for @ to, ^any way to, ^way to > ?how-to
  ^@ want to, ^@ need to, ^@ would like to, ^@ am trying to, ^@ am looking for way to, ^help me, ^help me to > ?how-to
  what should @ do to, what do @ need to do to, what do @ have to do to, what can @ do to > ?how-to
  how come, why, what causes, what is causing, what is cause of, what is reason, what is reason for > ?why
  what is reason that, what is reason why, explain why, for what reason > ?why
  what is difference between, what are differences between, explain difference between > ?difference
  ^difference between, ^differences between, describe difference between, explain differences between > ?difference
  what is purpose of, what is point of, what is use of, explain purpose of > ?purpose
  what is, what are, what exactly is, what exactly are, ^define, what is definition of > ?what
  what is meaning of > ?mean
  what does, what do, what exactly does > ?what-does
  explain what > ?explain-what
  ^explain, ^describe, ^tell me about, ^tell me more about > ?explain
  ^can @, ^could @, is it possible to, is it possible for @ to, am @ able to > ?can
  should @ > ?should
  explain how, describe how, how do, how does, how > ?how
  how is, how are > ?how-is
  see if, see whether, determine if, determine whether, find out if, find out whether, tell if, tell whether > check if
  know if, know whether, ^test if, ^test whether, verify if, verify whether, verify that, check that > check if
  not able to, unable to, @ am not able to, am @ not able to, am @ unable to, can @ not > can not
  have to, need to > must
  able to > can
  want to > want
  in order to > to
  vs code, visual studio code > vscode
  turn on > enable
  turn off > disable
  get rid of > remove
  instead of, rather than > instead-of
  for example, for instance > for-example
  regular expression, regular expressions > regex
  env var, env variable, environment var > environment variable
  env vars, env variables, environment vars > environment variables
  as well as > and
  because of > because-of
  out of > out-of
  all of > all
  each of > each
  both of > both
  any of > any
  some of > some
  none of > none
  one of > one
  lot of, lots of > many
  more than one > multiple
  resolve error, solve error > fix error
  resolve issue, resolve problem, solve issue, solve problem > fix problem
  resolve merge conflict, resolve conflict > fix merge conflict
  resolve merge conflicts, resolve conflicts > fix merge conflicts
  iterate over, iterate through, loop through > loop over
  ^generate commit message, ^create commit message > write commit message
  ^generate unit tests, ^create unit tests > write unit tests
  ^generate unit test, ^create unit test > write unit test
  quick sort > quicksort
  white space > whitespace
  white spaces > whitespaces
  file name > filename
  file names > filenames
  time stamp > timestamp
  time stamps > timestamps
  time zone > timezone
  log in to, sign in to > login to
  log in with, sign in with > login with
  log in as, sign in as > login as
  log out, sign out > logout
  set up > setup
  roll back > rollback
  back up > backup
  clean up > cleanup
  check out > checkout
  shut down > shutdown
  upper case > uppercase
  lower case > lowercase
  new line, line break > newline
  new lines, line breaks > newlines
  keyboard shortcut, key binding > hotkey
  keyboard shortcuts, key bindings > hotkeys
  java script > javascript
  type script > typescript
  c sharp > c#
  react js > react
  node js > node.js
  vue js > vue
  next js > next.js
  mac os, os x > macos
`;

function phrasesOf(text: string): Phrase[] {
  return text
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [ways, becomes] = line.split(" > ");
      return ways!.split(",").map((way) => phraseOf(way.trim(), becomes!.trim()));
    });
}

function phraseOf(way: string, becomes: string): Phrase {
  const opens = way.startsWith("^");
  return { words: way.slice(opens ? 1 : 0).split(" "), becomes: becomes === "" ? [] : becomes.split(" "), opens };
}

/** "Can you explain" is "explain", "tell me why" is "why". */
function* polite(): Generator<Phrase> {
  for (const verb of requests) {
    for (const modal of modals) yield phraseOf(`^${modal} you ${verb}`, verb);
    for (const wish of ["want", "would like"]) yield phraseOf(`^@ ${wish} you to ${verb}`, verb);
  }
  // "Can you rename a column" may be asked of a database, with "this" it is a request.
  for (const modal of modals) for (const verb of onThis) yield phraseOf(`^${modal} you ${verb} this`, `${verb} this`);
  const asked = ["tell me", "show me", "explain to me", "@ want to know", "@ would like to know", "@ wonder"];
  asked.push("any idea", "teach me", "do you know", "@ am wondering", "@ do not understand", "help me understand");
  for (const begin of asked) for (const asker of askers) yield phraseOf(`^${begin} ${asker}`, asker);
  // "Let me know when" wants to be told then.
  for (const asker of askers) if (asker !== "when") yield phraseOf(`^let me know ${asker}`, asker);
}
const onThis = ["rename", "document", "improve", "format"];

/** By their first word, the longest first. */
export const phrases: ReadonlyMap<string, readonly Phrase[]> = Map.groupBy(
  [...phrasesOf(table), ...polite()].sort((a, b) => b.words.length - a.words.length),
  (phrase) => phrase.words[0]!,
);

/** Short forms, with and without their apostrophe. */
export const contractions: ReadonlyMap<string, readonly string[]> = new Map(
  `can't cant cannot = can not; won't wont = will not; shan't = shall not
  don't dont = do not; doesn't doesnt = does not; didn't didnt = did not; isn't isnt = is not; aren't arent = are not
  wasn't wasnt = was not; weren't werent = were not; couldn't couldnt = could not; shouldn't shouldnt = should not
  wouldn't wouldnt = would not; hasn't hasnt = has not; haven't havent = have not; hadn't = had not
  what's whats = what is; how's hows = how is; where's = where is; who's = who is; why's = why is; when's = when is
  it's = it is; that's thats = that is; there's theres = there is; here's = here is; let's = let us
  i'm im = i am; i've ive = i have; i'd = i would; i'll = i will; we're = we are; we've = we have; you're = you are
  they're = they are; we'd = we would; we'll = we will`
    .split(/[;\n]/)
    .flatMap((line) => {
      const [short, long] = line.split(" = ");
      return short!
        .trim()
        .split(" ")
        .map((one): [string, string[]] => [one, long!.trim().split(" ")]);
    }),
);
