/** What a character is to the scanner. */
export const letter = 1;
export const digit = 2;
export const newline = 3;
export const blank = 4;
/** Whatever else ASCII has: punctuation, operators, control characters. */
export const sign = 5;

/** The class of each ASCII character. */
export const classOf = new Uint8Array(128).fill(sign);
/** Each ASCII character in lower case, for hashing words without a copy of them. */
export const lowerOf = Uint8Array.from({ length: 128 }, (_, code) => (code >= 65 && code <= 90 ? code + 32 : code));

for (let code = 65; code <= 90; code++) {
  classOf[code] = letter;
  classOf[code + 32] = letter;
}
for (let code = 48; code <= 57; code++) classOf[code] = digit;
for (const code of [9, 11, 12, 13, 32]) classOf[code] = blank;
classOf[10] = newline;

/** From here on scripts are written without spaces: a character stands for a word. */
export const firstWithoutSpaces = 0x2e80;

/** Above ASCII: spaces and general punctuation, which part words; all others are taken as letters. */
export const partsWords = (code: number): boolean =>
  (code >= 0x80 && code <= 0xbf && code !== 0xaa && code !== 0xb5 && code !== 0xba) ||
  code === 0xd7 ||
  code === 0xf7 ||
  (code >= 0x2000 && code <= 0x2bff) ||
  (code >= 0x3000 && code <= 0x3004) ||
  code === 0xfeff;
