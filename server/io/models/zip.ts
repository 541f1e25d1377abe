import { createWriteStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";

/** One file of a zip archive, from its central directory. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  /** Bytes in the archive, and unpacked. */
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

const directoryEnd = 0x06054b50;
const directoryEntry = 0x02014b50;
const stored = 0;
const deflated = 8;

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new Error("the archive ends early");
  return buffer;
}

/** The files of an archive of less than 4 GiB. */
async function entriesOf(file: FileHandle): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  const tailLength = Math.min(size, 65_557); // the record and the longest comment
  const tail = await read(file, size - tailLength, tailLength);
  let at = tail.length - 22;
  while (at >= 0 && tail.readUInt32LE(at) !== directoryEnd) at--;
  if (at < 0) throw new Error("it isn't a zip archive");
  const count = tail.readUInt16LE(at + 10);
  const directory = await read(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
  const entries: ZipEntry[] = [];
  for (let p = 0, i = 0; i < count; i++) {
    if (directory.readUInt32LE(p) !== directoryEntry) throw new Error("its directory is damaged");
    const nameLength = directory.readUInt16LE(p + 28);
    entries.push({
      name: directory.toString("utf8", p + 46, p + 46 + nameLength),
      method: directory.readUInt16LE(p + 10),
      packed: directory.readUInt32LE(p + 20),
      size: directory.readUInt32LE(p + 24),
      offset: directory.readUInt32LE(p + 42),
    });
    p += 46 + nameLength + directory.readUInt16LE(p + 30) + directory.readUInt16LE(p + 32);
  }
  return entries;
}

/** Unpacks the one file of an archive whose name ends so, to `to`; a file that is there is replaced. */
export async function unzipOne(archive: string, ending: string, to: string, signal: AbortSignal): Promise<ZipEntry> {
  const file = await open(archive, "r");
  try {
    const entry = (await entriesOf(file)).find(({ name }) => name.endsWith(ending));
    if (!entry) throw new Error(`no file in it ends with ${ending}`);
    if (entry.method !== stored && entry.method !== deflated) throw new Error(`it is packed by method ${entry.method}`);
    const local = await read(file, entry.offset, 30);
    const start = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    const packed = file.createReadStream({ start, end: start + entry.packed - 1, autoClose: false });
    const out = createWriteStream(to);
    if (entry.method === stored) await pipeline(packed, out, { signal });
    else await pipeline(packed, createInflateRaw(), out, { signal });
    return entry;
  } finally {
    await file.close();
  }
}
