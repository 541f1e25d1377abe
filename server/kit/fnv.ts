const start = 0x811c9dc5;

/** FNV-1a over a text's UTF-16 units, going on from `h`: a 32-bit number. Like texts differ in its low bits only. */
export function fnv(text: string, h: number = start): number {
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}
