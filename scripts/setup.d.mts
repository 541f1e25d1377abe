/** What TypeScript needs to know of setup.mjs, which is JavaScript because it runs on any Node. */
export function findChromium(): string | null;
