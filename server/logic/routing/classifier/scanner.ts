import {
  alone3,
  blank,
  closing,
  digit,
  firstLetter,
  kindOf,
  newline,
  opening,
  parting2,
  parting3,
  stop,
} from "./characters.ts";
import { hashBasis, hashPrime, kindsOf, markerKinds } from "./markers.ts";

/** Only so much of a long text is looked at: its beginning and its end. */
const headChars = 2000;
const tailChars = 1000;
/** Of UTF-8, to which a character contributes at most three for each of its UTF-16 units. */
const mostBytes = 3 * (headChars + tailChars);
/** Words, pairs of words and stems: at most three for each two bytes. */
const maxGrams = 2 * mostBytes;

const stemLetters = 5;
const startOfText = 0x51ed270b;
const numberSeed = 0x2545f491;
const bigramSeed = 0x1b873593;
const stemSeed = 0x68bc21eb;
/** Remembers the n-grams met before; one that falls on another's slot takes it, so that a few repetitions pass. */
const seenSlots = 1024;
const extensionBit = 1 << markerKinds.indexOf("extension");

/** Spreads a hash over all bits, since tables take some of them. */
const spread = (hash: number): number => {
  const h = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
};

const encoder = new TextEncoder();

/** One walk over a text: counts what it is made of and hashes its words, pairs of words and stems. Reused for each text. */
export class Scanner {
  readonly grams = new Int32Array(maxGrams);
  gramCount = 0;
  /** How often each sign of ASCII occurs: neither letters nor digits. */
  readonly ascii = new Uint32Array(128);
  /** How many words are of each kind. */
  readonly kinds = new Uint32Array(markerKinds.length);
  chars = 0;
  /** Bytes of the sample. */
  sampled = 0;
  /** Bytes beyond one for each character. */
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

  private readonly bytes = new Uint8Array(mostBytes + 8);
  private readonly seen = new Int32Array(seenSlots);
  private previous = 0;
  private depth = 0;
  private lineFrom = 0;
  private lineDigits = 0;
  private isOption = false;
  private inFence = false;

  scan(text: string): void {
    this.reset(text.length);
    if (text.length <= headChars + tailChars) this.part(text);
    else {
      this.part(text.slice(0, headChars));
      this.part(text.slice(-tailChars));
    }
  }

  private part(text: string): void {
    const length = encoder.encodeInto(text, this.bytes).written;
    // What lies beyond is left over from another text: zeros end words and numbers, and match nothing.
    this.bytes.fill(0, length, length + 8);
    this.sampled += length;
    this.foreign += length - text.length;
    this.walk(length);
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

  private walk(to: number): void {
    const { bytes, ascii } = this;
    this.beginLine(0, to);
    let at = 0;
    while (at < to) {
      const byte = bytes[at]!;
      let kind = kindOf[byte]!;
      if (kind >= firstLetter) {
        const from = at;
        let hash = hashBasis;
        let stem = 0;
        let upper = 0;
        do {
          hash = Math.imul(hash ^ kind, hashPrime);
          upper += (bytes[at]! ^ kind) >>> 5;
          if (++at - from === stemLetters) stem = hash;
          kind = kindOf[bytes[at]!]!;
        } while (kind >= firstLetter);
        this.endWord(from, at - from, hash, stem, upper);
        continue;
      }
      if (kind === blank) at++;
      else if (kind === digit) at = this.readNumber(at);
      else if (kind === newline) {
        this.endLine(at++);
        this.beginLine(at, to);
      } else if (kind >= parting2) at = this.readForeign(kind, at);
      else {
        ascii[byte]!++;
        at++;
        if (kind === opening) {
          if (++this.depth > this.deepestBracket) this.deepestBracket = this.depth;
        } else if (kind === closing) {
          if (this.depth > 0) this.depth--;
        } else if (kind === stop) {
          const next = bytes[at]!;
          if (next === 32 || next === 10 || at === to) this.sentences++;
        }
      }
    }
    this.endLine(to);
  }

  private endWord(from: number, length: number, hash: number, stem: number, upper: number): void {
    const { bytes } = this;
    if (upper > 0) {
      const first = bytes[from]! <= 90 ? 1 : 0;
      if (upper === length) this.shouted += length > 1 ? 1 : 0;
      else {
        this.capitalised += first;
        if (upper > first) this.camel++;
      }
    }
    this.wordChars += length;
    if (length > 7) {
      this.longWords++;
      if (length > this.longestWord) this.longestWord = length;
    }
    if (from > 0 && bytes[from - 1] === 95) this.snake++;
    const kinds = kindsOf(hash);
    if (kinds !== 0) this.countKinds(kinds, from);
    this.words++;
    if (this.gram(spread(hash))) this.distinct++;
    if (length > stemLetters + 1) this.gram(spread(stem ^ stemSeed));
    this.pair(hash);
  }

  private countKinds(kinds: number, from: number): void {
    if (this.words === 0) this.firstKinds = kinds;
    // An extension follows a dot that follows a name.
    if (
      (kinds & extensionBit) !== 0 &&
      from > 1 &&
      this.bytes[from - 1] === 46 &&
      kindOf[this.bytes[from - 2]!]! >= firstLetter
    )
      this.fileNames++;
    for (let rest = kinds; rest !== 0; rest &= rest - 1) this.kinds[31 - Math.clz32(rest & -rest)]!++;
  }

  /** A character above ASCII that isn't of an alphabet. */
  private readForeign(kind: number, at: number): number {
    if (kind === parting2) return at + 2;
    if (kind === parting3) return at + 3;
    const length = kind === alone3 ? 3 : 4;
    let hash = hashBasis;
    for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ this.bytes[i]!, hashPrime);
    this.words++;
    this.wordChars += length;
    if (this.gram(spread(hash))) this.distinct++;
    this.pair(hash);
    return at + length;
  }

  /** Numbers of one or two digits count as words, others by their length. */
  private readNumber(from: number): number {
    const { bytes } = this;
    let at = from;
    let value = 0;
    do value = (value * 10 + bytes[at]! - 48) % 1000;
    while (kindOf[bytes[++at]!] === digit);
    const length = at - from;
    this.numbers++;
    this.digits += length;
    this.lineDigits += length;
    if (length > this.longestNumber) this.longestNumber = length;
    if (from > 1 && bytes[from - 1] === 46 && kindOf[bytes[from - 2]!] === digit) this.decimals++;
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

  /** What the first characters of a line make it: an option, an item, a line of a stack trace, a fence. */
  private beginLine(from: number, to: number): void {
    const { bytes } = this;
    this.lineFrom = from;
    this.lineDigits = 0;
    this.isOption = false;
    let at = from;
    while (at < to && kindOf[bytes[at]!] === blank) at++;
    if (at >= to) return;
    const width = at - from;
    if (width > 0) {
      this.indented++;
      this.indent += width;
      if (width > this.deepestIndent) this.deepestIndent = width;
    }
    const code = bytes[at]!;
    const next = bytes[at + 1]!;
    const third = bytes[at + 2]!;
    if (code === 96 && next === 96 && third === 96) {
      this.fences++;
      this.inFence = !this.inFence;
    } else if (code >= 65 && code <= 74 && (next === 46 || next === 41) && third === 32) this.beginOption(from);
    else if (code === 40 && next >= 65 && next <= 90 && third === 41) this.beginOption(from);
    else if ((code === 45 || code === 42) && next === 32) this.bullets++;
    else if (code >= 48 && code <= 57 && (next === 46 || next === 41) && third === 32) this.bullets++;
    else if (width > 0 && code === 97 && next === 116 && third === 32) this.traceLines++;
    else if (width > 0 && code === 70 && next === 105 && third === 108 && bytes[at + 5] === 34) this.traceLines++;
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
