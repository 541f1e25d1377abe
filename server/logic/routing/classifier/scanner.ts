import { blank, classOf, digit, firstWithoutSpaces, letter, lowerOf, newline, partsWords } from "./characters.ts";
import { hashBasis, hashPrime, kindsOf, markerKinds } from "./markers.ts";

/** Only so much of a long text is looked at: its beginning and its end. */
const headChars = 2000;
const tailChars = 1000;
/** Unigrams, bigrams and stems of the sample: at most three for each of its characters. */
export const maxGrams = 3 * (headChars + tailChars) + 8;

const stemLetters = 5;
const startOfText = 0x51ed270b;
const numberSeed = 0x2545f491;
const bigramSeed = 0x1b873593;
const stemSeed = 0x68bc21eb;
/** Remembers the n-grams met before; one that falls on another's slot takes it, so that a few repetitions pass. */
const seenSlots = 2048;
const extensionBit = 1 << markerKinds.indexOf("extension");

/** Spreads a hash over all bits, since tables take the lowest. */
const spread = (hash: number): number => {
  const h = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
};

/** One walk over a text: counts what it is made of and hashes its words, pairs of words and stems. Reused for each text. */
export class Scanner {
  readonly grams = new Int32Array(maxGrams);
  gramCount = 0;
  /** How often each ASCII character occurs. */
  readonly ascii = new Uint32Array(128);
  /** How many words are of each kind. */
  readonly kinds = new Uint32Array(markerKinds.length);
  chars = 0;
  sampled = 0;
  foreign = 0;
  words = 0;
  wordChars = 0;
  longWords = 0;
  longestWord = 0;
  distinct = 0;
  capitalised = 0;
  shouted = 0;
  camel = 0;
  snake = 0;
  fileNames = 0;
  firstKinds = 0;
  numbers = 0;
  digits = 0;
  longestNumber = 0;
  decimals = 0;
  sentences = 0;
  lines = 0;
  emptyLines = 0;
  longestLine = 0;
  lastLine = 0;
  indented = 0;
  indent = 0;
  deepestIndent = 0;
  fences = 0;
  fencedChars = 0;
  options = 0;
  optionChars = 0;
  optionDigits = 0;
  firstOption = 0;
  bullets = 0;
  traceLines = 0;
  deepestBracket = 0;

  private readonly seen = new Int32Array(seenSlots);
  private previous = 0;
  private depth = 0;
  private lineFrom = 0;
  private lineDigits = 0;
  private isOption = false;
  private inFence = false;

  scan(text: string): void {
    this.reset(text.length);
    if (text.length <= headChars + tailChars) this.walk(text, 0, text.length);
    else {
      this.walk(text, 0, headChars);
      this.walk(text, text.length - tailChars, text.length);
    }
  }

  private reset(chars: number): void {
    this.gramCount = 0;
    this.ascii.fill(0);
    this.kinds.fill(0);
    this.chars = chars;
    this.sampled = this.foreign = this.words = this.wordChars = this.longWords = this.longestWord = this.distinct = 0;
    this.capitalised = this.shouted = this.camel = this.snake = this.fileNames = this.firstKinds = 0;
    this.numbers = this.digits = this.longestNumber = this.decimals = this.sentences = 0;
    this.lines = this.emptyLines = this.longestLine = this.lastLine = this.indented = this.indent = 0;
    this.deepestIndent = this.fences = this.fencedChars = this.options = this.optionChars = this.optionDigits = 0;
    this.firstOption = this.bullets = this.traceLines = this.deepestBracket = 0;
    this.seen.fill(0);
    this.previous = startOfText;
    this.depth = this.lineFrom = this.lineDigits = 0;
    this.isOption = this.inFence = false;
  }

  private walk(text: string, from: number, to: number): void {
    const { ascii } = this;
    this.sampled += to - from;
    this.beginLine(text, from, to);
    let at = from;
    while (at < to) {
      const code = text.charCodeAt(at);
      if (code >= 128) {
        if (partsWords(code)) {
          this.foreign++;
          at++;
        } else at = this.readWord(text, at, to);
        continue;
      }
      const kind = classOf[code]!;
      if (kind === letter) {
        at = this.readWord(text, at, to);
        continue;
      }
      if (kind === digit) {
        at = this.readNumber(text, at, to);
        continue;
      }
      ascii[code]!++;
      at++;
      if (kind === blank) continue;
      if (kind === newline) {
        this.endLine(at - 1);
        this.beginLine(text, at, to);
      } else if (code === 40 || code === 91 || code === 123) {
        if (++this.depth > this.deepestBracket) this.deepestBracket = this.depth;
      } else if (code === 41 || code === 93 || code === 125) {
        if (this.depth > 0) this.depth--;
      } else if (code === 46 || code === 63 || code === 33) {
        const next = at < to ? text.charCodeAt(at) : 32;
        if (next === 32 || next === 10) this.sentences++;
      }
    }
    this.endLine(to);
  }

  private readWord(text: string, from: number, to: number): number {
    const { ascii } = this;
    let hash = hashBasis;
    let stem = 0;
    let upper = 0;
    let at = from;
    for (; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code < 128) {
        if (classOf[code] !== letter) break;
        ascii[code]!++;
        const low = lowerOf[code]!;
        if (low !== code) upper++;
        hash = Math.imul(hash ^ low, hashPrime);
      } else {
        if (partsWords(code) || (code >= firstWithoutSpaces && at > from)) break;
        this.foreign++;
        hash = Math.imul(hash ^ code, hashPrime);
      }
      if (at - from === stemLetters - 1) stem = hash;
    }
    const length = at - from;
    const first = text.charCodeAt(from);
    const isUpper = first < 91 && first > 64;
    if (isUpper) {
      if (upper === length && length > 1) this.shouted++;
      else this.capitalised++;
    }
    if (upper > (isUpper ? 1 : 0) && upper < length) this.camel++;
    this.wordChars += length;
    if (length > 7) this.longWords++;
    if (length > this.longestWord) this.longestWord = length;
    const before = from > 0 ? text.charCodeAt(from - 1) : 0;
    if (before === 95) this.snake++;
    this.count(hash, before === 46 && from > 1 && isWordCode(text.charCodeAt(from - 2)));
    this.words++;
    if (this.gram(spread(hash))) this.distinct++;
    if (length > stemLetters + 1) this.gram(spread(stem ^ stemSeed));
    this.pair(hash);
    return at;
  }

  /** Single small numbers count as words, others by their length. */
  private readNumber(text: string, from: number, to: number): number {
    const { ascii } = this;
    let at = from;
    let value = 0;
    for (; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code < 48 || code > 57) break;
      ascii[code]!++;
      value = (value * 10 + code - 48) % 1000;
    }
    const length = at - from;
    this.numbers++;
    this.digits += length;
    this.lineDigits += length;
    if (length > this.longestNumber) this.longestNumber = length;
    if (from > 1 && text.charCodeAt(from - 1) === 46) {
      const before = text.charCodeAt(from - 2);
      if (before >= 48 && before <= 57) this.decimals++;
    }
    const hash = Math.imul(numberSeed ^ (length < 3 ? value : 100 + Math.min(length, 8)), hashPrime);
    this.gram(spread(hash));
    this.pair(hash);
    return at;
  }

  /** Whether it is new. */
  private gram(hash: number): boolean {
    const slot = (hash >>> 7) & (seenSlots - 1);
    if (this.seen[slot] === hash) return false;
    this.seen[slot] = hash;
    if (this.gramCount < maxGrams) this.grams[this.gramCount++] = hash;
    return true;
  }

  private pair(hash: number): void {
    this.gram(spread(Math.imul(this.previous ^ bigramSeed, hashPrime) ^ hash));
    this.previous = hash;
  }

  private count(hash: number, afterDot: boolean): void {
    const kinds = kindsOf(hash);
    if (this.words === 0) this.firstKinds = kinds;
    if (kinds === 0) return;
    if ((kinds & extensionBit) !== 0) {
      if (afterDot) this.fileNames++;
    }
    for (let rest = kinds, kind = 0; rest !== 0; rest >>>= 1, kind++) if ((rest & 1) !== 0) this.kinds[kind]!++;
  }

  /** What the first characters of a line make it: an option, an item, a line of a stack trace, a fence. */
  private beginLine(text: string, from: number, to: number): void {
    this.lineFrom = from;
    this.lineDigits = 0;
    this.isOption = false;
    let at = from;
    while (at < to && classOf[text.charCodeAt(at) & 127] === blank && text.charCodeAt(at) < 128) at++;
    if (at >= to) return;
    const width = at - from;
    if (width > 0) {
      this.indented++;
      this.indent += width;
      if (width > this.deepestIndent) this.deepestIndent = width;
    }
    const code = text.charCodeAt(at);
    const next = at + 1 < to ? text.charCodeAt(at + 1) : 0;
    const third = at + 2 < to ? text.charCodeAt(at + 2) : 0;
    if (code === 96 && next === 96 && third === 96) {
      this.fences++;
      this.inFence = !this.inFence;
    } else if (code >= 65 && code <= 74 && (next === 46 || next === 41) && third === 32) this.beginOption(from);
    else if (code === 40 && next >= 65 && next <= 90 && third === 41) this.beginOption(from);
    else if ((code === 45 || code === 42) && next === 32) this.bullets++;
    else if (code >= 48 && code <= 57 && (next === 46 || next === 41) && third === 32) this.bullets++;
    else if (width > 0 && code === 97 && next === 116 && third === 32) this.traceLines++;
    else if (width > 0 && code === 70 && text.startsWith('File "', at)) this.traceLines++;
  }

  private beginOption(from: number): void {
    this.isOption = true;
    if (this.options++ === 0) this.firstOption = from;
  }

  private endLine(to: number): void {
    const length = to - this.lineFrom;
    this.lines++;
    this.lastLine = length;
    if (length === 0) this.emptyLines++;
    if (length > this.longestLine) this.longestLine = length;
    if (this.inFence) this.fencedChars += length;
    if (this.isOption) {
      this.optionChars += length;
      this.optionDigits += this.lineDigits;
    }
  }
}

const isWordCode = (code: number): boolean => code >= 128 || classOf[code] === letter || classOf[code] === digit;
