import { markerKinds } from "./markers.ts";
import type { Scanner } from "./scanner.ts";

/** Signs that are counted one by one; the others tell too little. */
const counted = "?.,;:()[{=+-*/<>_$^\\\"'`#%&|!~@";

/** What each place of the dense vector holds. Ratios are of the sample, counts of what was sampled. */
export const denseNames: readonly string[] = [
  "chars",
  "words",
  "lines",
  "wordLength",
  "longWordShare",
  "longestWord",
  "distinctShare",
  "capitalisedShare",
  "shoutedShare",
  "camelShare",
  "snake",
  "fileNames",
  "foreignShare",
  "numbers",
  "digitShare",
  "longestNumber",
  "decimals",
  "sentences",
  "wordsPerSentence",
  "emptyLines",
  "charsPerLine",
  "longestLine",
  "lastLine",
  "indented",
  "indentPerLine",
  "deepestIndent",
  "fences",
  "fencedShare",
  "options",
  "charsPerOption",
  "optionDigitShare",
  "stemChars",
  "bullets",
  "traceLines",
  "deepestBracket",
  "signShare",
  ...Array.from(counted, (sign) => `sign ${sign}`),
  ...markerKinds.map((kind) => `kind ${kind}`),
  ...markerKinds.map((kind) => `share ${kind}`),
  ...markerKinds.map((kind) => `first ${kind}`),
];
export const denseCount = denseNames.length;

const countedCodes = Uint8Array.from(counted, (sign) => sign.charCodeAt(0));

/** Ratios are held as whole numbers too, so that trees compare integers and training bins them exactly. */
const ratioUnit = 1024;
const share = (part: number, whole: number): number => (whole > 0 ? ((part * ratioUnit) / whole) | 0 : 0);

/** Writes what the scanner counted into `into`. */
export function denseOf(s: Scanner, into: Int32Array): void {
  const { words, sampled } = s;
  let at = 0;
  into[at++] = s.chars;
  into[at++] = words;
  into[at++] = s.lines;
  into[at++] = share(s.wordChars, words);
  into[at++] = share(s.longWords, words);
  into[at++] = s.longestWord;
  into[at++] = share(s.distinct, words);
  into[at++] = share(s.capitalised, words);
  into[at++] = share(s.shouted, words);
  into[at++] = share(s.camel, words);
  into[at++] = s.snake;
  into[at++] = s.fileNames;
  into[at++] = share(s.foreign, sampled);
  into[at++] = s.numbers;
  into[at++] = share(s.digits, sampled);
  into[at++] = s.longestNumber;
  into[at++] = s.decimals;
  into[at++] = s.sentences;
  into[at++] = share(words, s.sentences + 1);
  into[at++] = s.emptyLines;
  into[at++] = share(sampled, s.lines);
  into[at++] = s.longestLine;
  into[at++] = s.lastLine;
  into[at++] = s.indented;
  into[at++] = share(s.indent, s.lines);
  into[at++] = s.deepestIndent;
  into[at++] = s.fences;
  into[at++] = share(s.fencedChars, sampled);
  into[at++] = s.options;
  into[at++] = share(s.optionChars, s.options);
  into[at++] = share(s.optionDigits, s.optionChars);
  into[at++] = s.options > 0 ? s.firstOption : s.chars;
  into[at++] = s.bullets;
  into[at++] = s.traceLines;
  into[at++] = s.deepestBracket;
  let signs = 0;
  const { ascii } = s;
  const signShareAt = at++;
  for (let i = 0; i < countedCodes.length; i++) {
    const count = ascii[countedCodes[i]!]!;
    signs += count;
    into[at++] = count;
  }
  into[signShareAt] = share(signs, sampled);
  for (let kind = 0; kind < markerKinds.length; kind++) into[at++] = s.kinds[kind]!;
  for (let kind = 0; kind < markerKinds.length; kind++) into[at++] = share(s.kinds[kind]!, words);
  for (let kind = 0; kind < markerKinds.length; kind++) into[at++] = (s.firstKinds >>> kind) & 1;
}
