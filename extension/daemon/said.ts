/** The beginning of a line that the daemon's log or its command line puts before what it says. */
const before = /^(?:\d{4}-\d\d-\d\dT\S+ (?:error|warn|info|debug) +|switchyard: )/;

/** What a daemon that ended at its start said last, as a sentence; `log` is what it wrote. Empty: it said nothing. */
export function lastWords(log: string): string {
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  // A crash ends with a stack and Node's version, which say less than the error above them.
  const last = lines.findLast((line) => before.test(line)) ?? lines.findLast((line) => /^\w*Error\b/.test(line));
  const words = (last ?? lines.at(-1) ?? "").trim().replace(before, "");
  return words === "" || /[.!?…)]$/.test(words) ? words : `${words}.`;
}
