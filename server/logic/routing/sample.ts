/** Only so much of a long message is looked at: its beginning and its end. */
const headChars = 2000;
const tailChars = 1000;

export const sample = (text: string): string =>
  text.length <= headChars + tailChars ? text : `${text.slice(0, headChars)}\n${text.slice(-tailChars)}`;
