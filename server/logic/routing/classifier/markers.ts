/** Kinds of words that say something of a question whatever it is about: unlike single words, they carry over to texts
 * that resemble nothing in training. */
export const markerKinds = [
  "asks",
  "reasons",
  "negates",
  "quantifies",
  "mathematical",
  "keyword",
  "hard",
  "light",
  "error",
  "logical",
  "refers",
  "constrains",
  "extension",
  "developer",
] as const;

const words: Readonly<Record<(typeof markerKinds)[number], string>> = {
  asks: "what which who whom where when whose is are does do can",
  reasons: "why how explain because reason cause describe compare",
  negates: "not no except false incorrect never none least without cannot neither nor isn doesn don didn wrong",
  quantifies:
    "many much total average mean per each percent percentage rate ratio sum difference twice half third times more less fewer remaining left cost price number amount",
  mathematical:
    "integral derivative equation function matrix vector polynomial prime group ring field subset probability variable converge limit modulo permutation eigenvalue logarithm triangle angle radius square root velocity acceleration density pressure temperature energy voltage current molar solution distribution variance continuous differentiable isomorphic finite infinite homomorphism sequence series",
  keyword:
    "def return class for while if else elif import const let var int void public private static new null true false string function self print async await try catch lambda struct fn impl vector bool char float double long this end range len append push_back",
  hard: "architecture architect architectural design redesign prove proof theorem invariant invariants tradeoff tradeoffs offs asymptotic optimize optimise optimization concurrency concurrent race deadlock deadlocks distributed consensus scalable scalability migrate migrating migration formal formally security vulnerability vulnerabilities idempotent idempotency throughput latency lock-free atomicity consistency linearizable linearizability leak leaks microservices amortized semantics",
  light:
    "hi hello hey thanks thank rename typo spelling format indent translate capital uppercase lowercase lint shorten comment docstring imports",
  error:
    "error errors exception traceback panic panicked failed fails failing failure crash crashes crashed bug buggy stack undefined segfault nullpointerexception typeerror valueerror fix debug broken unexpected incorrect hang hangs flaky",
  logical:
    "if then either or both only all some every any unless therefore implies thus hence must and but given suppose assume",
  refers:
    "following above below passage statement statements according author text paragraph sentence article figure table",
  constrains:
    "must should ensure only exactly minimum maximum constraint constraints require requires requirement most least guarantee keep",
  extension: "ts tsx js jsx mjs py go rs java kt c cc cpp h hpp cs rb php swift sql sh yml yaml toml json css html",
  developer:
    "git commit stash rebase branch merge repo repository npm yarn pip docker kubernetes vim bash shell terminal directory folder files variable variables function functions method methods class classes component react vue angular node typescript javascript python rust golang java kotlin swift cpp sql query regex docstring typo refactor rename imports async await callback promise api endpoint http json yaml html css div compiler compile build deploy debug bug stack exception unit tests test module package library framework dependency injection interface struct queue thread threads server database postgresql schema migration parser cache codebase code snippet lint script cli config function parameter argument loop array string null undefined closure arrow let const",
};

export const hashBasis = 0x811c9dc5 | 0;
export const hashPrime = 0x01000193;

/** FNV-1a over UTF-16 codes, as the scanner computes it while it reads. */
function hashOf(word: string): number {
  let hash = hashBasis;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), hashPrime);
  return hash;
}

const slots = 4096;
const keys = new Int32Array(slots);
const kinds = new Uint16Array(slots);
for (const [kind, name] of markerKinds.entries())
  for (const word of words[name].split(/[\s-]+/)) {
    const hash = hashOf(word);
    let at = (hash ^ (hash >>> 15)) & (slots - 1);
    while (kinds[at] !== 0 && keys[at] !== hash) at = (at + 1) & (slots - 1);
    keys[at] = hash;
    kinds[at]! |= 1 << kind;
  }

/** The kinds of a word as bits, 0: none. */
export function kindsOf(hash: number): number {
  let at = (hash ^ (hash >>> 15)) & (slots - 1);
  for (;;) {
    const bits = kinds[at]!;
    if (bits === 0 || keys[at] === hash) return bits;
    at = (at + 1) & (slots - 1);
  }
}
