/**
 * What a byte of UTF-8 is to the scanner. A letter is itself, in lower case, and at least `firstLetter`; all others are
 * one of these kinds.
 */
export const sign = 1;
export const digit = 2;
export const newline = 3;
export const blank = 4;
export const opening = 5;
export const closing = 6;
export const stop = 7;
/** Begins a character above ASCII that parts words: spaces, punctuation, symbols. Two bytes or three. */
export const parting2 = 8;
export const parting3 = 9;
/** Begins a character of a script without spaces between words, or an emoji: a word of its own. Three bytes or four. */
export const alone3 = 10;
const alone4 = 11;

export const firstLetter = 97;

export const kindOf = new Uint8Array(256).fill(sign);

const set = (from: number, to: number, kind: (code: number) => number): void => {
  for (let code = from; code <= to; code++) kindOf[code] = kind(code);
};
set(97, 122, (code) => code);
set(65, 90, (code) => code + 32);
// Bytes that go on with a character, and those that begin one of an alphabet.
set(0x80, 0xff, (code) => code);
set(48, 57, () => digit);
for (const code of [9, 11, 12, 13, 32]) kindOf[code] = blank;
kindOf[10] = newline;
for (const bracket of "([{") kindOf[bracket.charCodeAt(0)] = opening;
for (const bracket of ")]}") kindOf[bracket.charCodeAt(0)] = closing;
for (const mark of ".?!") kindOf[mark.charCodeAt(0)] = stop;
kindOf[0xc2] = parting2;
for (const lead of [0xe2, 0xee, 0xef]) kindOf[lead] = parting3;
set(0xe3, 0xed, () => alone3);
set(0xf0, 0xf4, () => alone4);
