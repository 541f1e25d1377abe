/** What kind of trouble SQLite met: who must act differs. */
export type StoreFault = "corrupt" | "full" | "read-only" | "busy" | "io" | "other";

/** SQLite's primary result codes, the low byte of `errcode`. */
const faults: Readonly<Record<number, StoreFault>> = {
  5: "busy",
  6: "busy",
  8: "read-only",
  10: "io",
  11: "corrupt",
  13: "full",
  14: "io",
  23: "io",
  26: "corrupt",
};

export function storeFault(e: unknown): StoreFault {
  if (typeof e !== "object" || e === null) return "other";
  if ("errcode" in e && typeof e.errcode === "number") return faults[e.errcode & 0xff] ?? "other";
  if (!("code" in e)) return "other";
  switch (e.code) {
    case "ENOSPC":
    case "EDQUOT":
      return "full";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "read-only";
    default:
      return typeof e.code === "string" && "syscall" in e ? "io" : "other";
  }
}

/** What a person must do about it, as the rest of a sentence that names the file. */
export function remedy(fault: StoreFault): string {
  switch (fault) {
    case "corrupt":
      return "is damaged";
    case "full":
      return "can't grow: the disk is full. Free some space";
    case "read-only":
      return "can't be written: it or its folder is read-only. Make it writable";
    case "busy":
      return "is held by another process. End that process if this lasts";
    case "io":
      return "can't be read or written. Check the disk and the folder";
    case "other":
      return "refuses what it is given. Please report this";
  }
}
