/** What can go wrong with models and the engine on this disk. The message says what to do. */
export type ModelErrorCode =
  | "unknown"
  | "offline"
  | "disk-full"
  | "hash"
  | "cancelled"
  | "not-gguf"
  | "exists"
  | "not-found"
  | "source"
  | "unsupported"
  | "no-npm"
  | "install"
  | "incomplete";

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

export class ModelError extends Error {
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  static diskFull(folder: string, needed: number | null, free: number | null): ModelError {
    const figures = [needed === null ? null : `${gib(needed)} needed`, free === null ? null : `${gib(free)} free`];
    const known = figures.filter((f) => f !== null).join(", ");
    return new ModelError(
      "disk-full",
      `The disk of ${folder} is full${known ? ` (${known})` : ""}. Free some space, or set XDG_CACHE_HOME to a larger disk, and try again.`,
    );
  }

  static cancelled(what: string): ModelError {
    return new ModelError(
      "cancelled",
      `${what} was cancelled; what has been downloaded is kept and continued next time.`,
    );
  }
}

/** Turns what the disk threw into a sentence; other errors stay as they are. */
export function diskError(e: unknown, folder: string): unknown {
  const code = (e as NodeJS.ErrnoException | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT") return ModelError.diskFull(folder, null, null);
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new ModelError(
      "source",
      `${folder} can't be written (${code}). Give yourself the right to, or set XDG_CACHE_HOME to another folder.`,
    );
  }
  return e;
}
