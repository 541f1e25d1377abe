/** What a question shows of its difficulty. */
export interface Signs {
  /** Characters of the last user message. */
  readonly chars: number;
  readonly explain: boolean;
  readonly stepByStep: boolean;
  readonly fences: number;
  readonly stackTrace: boolean;
  /** Different files named. */
  readonly files: number;
  /** Different words of design, proof and analysis. */
  readonly hardWords: number;
}

const explain = /\bexplain/i;
const stepByStep = /\bstep[- ]by[- ]step\b/i;
const fence = /^ {0,3}```/gm;
const stackTrace =
  /^\s+at .+[(:]\d|Traceback \(most recent call last\)|^\s*File ".+", line \d+|panicked at|^goroutine \d+ /m;
const file =
  /\b[\w-]+\.(?:[cm]?[jt]sx?|py|go|rs|java|kt|c|cc|cpp|h|hpp|cs|rb|php|swift|sql|sh|ya?ml|toml|json|css|html)\b/gi;
const hardWord =
  /\b(architect\w*|design\w*|prove|proof|deriv\w+|theorem|invariant\w*|trade-?offs?|complexity|asymptotic\w*|optimi[sz]\w*|concurren\w+|race condition|deadlock\w*|distributed|consensus|scalab\w+|migrat\w+|algorithm\w*|formal\w*|analy[sz]e|security|vulnerab\w+|refactor\w*)\b/gi;

const distinct = (text: string, pattern: RegExp): number =>
  text.search(pattern) < 0 ? 0 : new Set(Array.from(text.matchAll(pattern), (m) => m[0].toLowerCase())).size;

/** `text` is a sample of the message, `chars` its whole length. */
export function signsOf(text: string, chars: number): Signs {
  return {
    chars,
    explain: explain.test(text),
    stepByStep: stepByStep.test(text),
    fences: text.includes("```") ? Math.floor(Array.from(text.matchAll(fence)).length / 2) : 0,
    stackTrace: stackTrace.test(text),
    files: text.includes(".") ? distinct(text, file) : 0,
    hardWords: distinct(text, hardWord),
  };
}

/**
 * The probability that the strong model is needed, from the signs alone. The known rule (at least 120 characters, or
 * "explain", or "step by step") puts a question just past the middle; better signs carry it beyond. Hand-set weights:
 * a trained classifier replaces them.
 */
export function scoreOf(s: Signs): number {
  let z = -1.4;
  if (s.chars >= 120) z += 1.5;
  if (s.chars >= 600) z += 0.5;
  if (s.chars >= 2000) z += 0.5;
  if (s.explain) z += 1.5;
  if (s.stepByStep) z += 1.5;
  z += 0.5 * Math.min(s.fences, 2);
  if (s.stackTrace) z += 0.9;
  if (s.files >= 2) z += 0.6;
  z += 0.9 * Math.min(s.hardWords, 3);
  return Math.round(1000 / (1 + Math.exp(-z))) / 1000;
}
