import { formsOf, verbOf } from "./prose-words.ts";

/** Builds a sentence the one way: of words without articles, code and names with their mark before them. */
export function turned(sentence: string): string {
  let form = ` ${sentence} `;
  for (const [from, to] of turns) form = typeof to === "string" ? form.replace(from, to) : form.replace(from, to);
  return form.trim();
}

type Turn = readonly [from: RegExp, to: string | ((...found: string[]) => string)];

const kinds = "function|method|parameter|option|argument|attribute|property|class|command|flag";
/** What is spoken of: words up to the first one that ends it. */
const noun = "((?:(?! (?:is|are|was|were|be|to|that|which|can|must|should|and|or|if|,) ).)+?)";
const serves = "(?:(?:is|are) (?:used|intended|designed|meant)|can be used|serves?)";
/** A function or parameter does what it is there for; whether a patch, as it is meant to, fixes it, is not said. */
const does = (_: string, what: string, verb: string): string =>
  isDoer.test(what) ? ` ${what} ${formsOf(verb)[1]!} ` : ` ${what} serves to ${verb} `;
const isDoer = new RegExp(`(?:^| )(?:(?:${kinds})|[\`=]\\S+)$`);
const doing = (_: string, what: string, verb: string): string =>
  verbOf.has(verb) ? does("", what, verbOf.get(verb)!) : ` ${what} serves for ${verb} `;

/** "Files written using x" are another thing than x. */
function instrument(all: string, verb: string, what: string, means: string): string {
  const known = verbOf.get(formsOf(verb)[2]!) === verb && !verbOf.has(what.split(" ").at(-1)!);
  return known && !/ (?:and|or|by|not) /.test(` ${what} ${means} `) ? `${does("", means, verb)}${what} ` : all;
}

/** Different ways to build the same sentence, in this order. */
const turns: readonly Turn[] = [
  [/^ yes , /, " "],
  [/ in order to /g, " to "],
  [/ by (?:means of|calling) (?=[`=])/g, " using "],
  [/ (?:by|through the use of) using /g, " using "],
  [/ (?:via|, using) /g, " using "],
  [/ such as /g, " like "],
  [/ as well as /g, " and "],
  [/ , (and|or) /g, " $1 "],
  [/ (?:have|has|needs?|requires?) to /g, " must "],
  [/ (?:is|are) able to /g, " can "],
  [/ it is possible to /, " you can "],
  [/ make(s?) sure /g, " ensure$1 "],
  [/ carry out /g, " perform "],
  [/ carries out /g, " performs "],
  [/ speed up /g, " accelerate "],
  [/ speeds up /g, " accelerates "],
  [/ quantity of /g, " number of "],
  [/ pick(s?) out /g, " select$1 "],
  [/ controls if /g, " determines if "],
  [/ you can refer to /, " you can consult "],
  [/ enable(s?) (you|users?|developers) to /g, " allow$1 $2 to "],
  [/ let(s?) (you|users|developers) /g, " allow$1 $2 to "],
  [/ either (?=.* or )/g, " "],
  [/ (?:that|which) (?:is|are) (?=\w+ed )/g, " "],
  // "The parameter `x`" is "the `x` parameter", as is "`x` is a parameter that".
  [new RegExp(` (${kinds}) ([\`=]\\S+) `, "g"), " $2 $1 "],
  [new RegExp(` (\\S+) class's (\\S+) (${kinds}) `, "g"), " $2 $3 of $1 class "],
  [new RegExp(` (${kinds}) (?:in|inside) (\\S+) class `, "g"), " $1 of $2 class "],
  [new RegExp(`^ ([\`=]\\S+) is (${kinds}) (?:that|which) `), " $1 $2 "],
  [/ (function|method) gives /, " $1 returns "],
  [/ transform(s|ed|ing|) (?=(?:\S+ ){1,6}?into )/g, " convert$1 "],
  [/ convert(s|ed|ing|) ((?:\S+ ){1,6}?)into /g, " convert$1 $2to "],
  [/ decides if /g, " determines if "],
  [/ (create[sd]?|creating) ((?:\S+ ){0,3}?)out of /g, " $1 $2from "],
  // "By doing x, you can y" is "you can y by doing x", if there is one comma only.
  [/^ ((?:by|to|if|when|for|in|with|using|once|after|before) [^,]+) , ([^,]+)$/, " $2$1 "],
  // What something is for, it does.
  [new RegExp(`^ purpose of ${noun} (?:is|are) to (\\w+) `), does],
  [new RegExp(`^ you can use ${noun} to (\\w+) `), does],
  [new RegExp(`^ ${noun} ${serves} to (\\w+) `), does],
  [new RegExp(`^ ${noun} (?:${serves}|is responsible) for (\\w+ing) `), doing],
  // What can be done, you can do; and what you can do with a thing, it does.
  [
    new RegExp(`^ ${noun} can be (\\w+) `),
    (all, what, done) => (verbOf.has(done!) ? ` you can ${verbOf.get(done!)!} ${what!} ` : all!),
  ],
  [new RegExp(`^ you can (\\w+) ${noun} using ([^,]+) $`), instrument],
  // Ways to say what is there by default.
  [new RegExp(`^ default value (?:of|for) ${noun} is (.+)$`), " $1 defaults to $2"],
  [new RegExp(`^ ${noun} has default value of (.+)$`), " $1 defaults to $2"],
  [new RegExp(`^ ${noun} has (\\S+) as its default value $`), " $1 defaults to $2 "],
  [new RegExp(`^ ${noun} is set to (\\S+) by default $`), " $1 defaults to $2 "],
  [new RegExp(`^ by default ${noun} is set to (\\S+) $`), " $1 defaults to $2 "],
];
