import picomatch from "picomatch";

/** Matches paths and file URIs against globs, case-insensitively (a `.ENV` is a secret too); gives the glob that held. */
export function pathMatcher(globs: readonly string[]): (path: string) => string | null {
  const tests = globs.map((glob) => ({
    glob,
    matches: picomatch(glob.replace(/^\/+/, ""), { dot: true, nocase: true }),
  }));
  return (path) => {
    const plain = plainPath(path);
    return tests.find((t) => t.matches(plain))?.glob ?? null;
  };
}

/** The path without scheme and escapes, with forward slashes and without the leading one, so that a double star matches. */
function plainPath(path: string): string {
  let plain = path.replace(/^[a-z][a-z0-9+.-]+:(\/\/[^/]*)?/i, "");
  if (plain !== path) {
    try {
      plain = decodeURIComponent(plain);
    } catch {} // not an escaped URI after all
  }
  return plain.replaceAll("\\", "/").replace(/^\/+/, "");
}
