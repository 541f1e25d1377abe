import { constants, copyFileSync, existsSync, linkSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import { makeFolder } from "../../kit/folder.ts";
import { catalogueModel } from "./catalogue.ts";
import { isGguf } from "./disk.ts";
import { diskError, ModelError } from "./error.ts";
import { defaultModelsDir } from "./places.ts";

/** A model on this disk. */
export interface StoredModel {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

const extension = ".gguf";

/** The folder of models: what was pulled or added, a file each, named after the model. */
export class ModelStore {
  readonly dir: string;

  constructor(dir: string = defaultModelsDir()) {
    this.dir = dir;
  }

  /** Where a model of this name is kept, whether it is there or not. */
  pathOf(name: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
      throw new ModelError(
        "unknown",
        `"${name}" can't be a model's name: use letters, digits, dots, dashes, underscores.`,
      );
    }
    return join(this.dir, `${catalogueModel(name)?.name ?? name}${extension}`);
  }

  list(): StoredModel[] {
    if (!existsSync(this.dir)) return [];
    return readdirSync(this.dir)
      .filter((file) => file.endsWith(extension) && !file.startsWith("."))
      .sort()
      .map((file) => {
        const path = join(this.dir, file);
        return { name: basename(file, extension), path, bytes: statSync(path).size };
      });
  }

  /** The file of a model's name, or of a path to a GGUF file anywhere; null when it isn't there. */
  locate(name: string): string | null {
    if (isAbsolute(name)) return existsSync(name) ? name : null;
    if (name.includes("/") || name.includes("\\")) return existsSync(resolve(name)) ? resolve(name) : null;
    const path = this.pathOf(name);
    return existsSync(path) ? path : null;
  }

  /** Takes a GGUF file of the user's: linked where the disk allows it, else copied. Throws ModelError. */
  async add(file: string, name = basename(file).replace(/\.gguf$/i, "")): Promise<StoredModel> {
    const source = resolve(file);
    if (!existsSync(source) || !statSync(source).isFile()) {
      throw new ModelError("not-found", `${source} isn't a file. Name the GGUF file to add.`);
    }
    if (!(await isGguf(source))) {
      throw new ModelError(
        "not-gguf",
        `${source} isn't a GGUF file (it doesn't begin with "GGUF"). The engine reads that format only.`,
      );
    }
    const path = this.pathOf(name);
    if (existsSync(path)) {
      throw new ModelError(
        "exists",
        `There is a model named ${name} already. Remove it first: switchyard models remove ${name}`,
      );
    }
    this.prepare();
    try {
      linkSync(source, path);
    } catch {
      // Another disk, or one that knows no links.
      try {
        copyFileSync(source, path, constants.COPYFILE_FICLONE);
      } catch (e) {
        rmSync(path, { force: true });
        throw diskError(e, this.dir);
      }
    }
    return { name: basename(path, extension), path, bytes: statSync(path).size };
  }

  remove(name: string): void {
    const path = this.pathOf(name);
    const part = existsSync(`${path}.part`);
    if (!existsSync(path) && !part) {
      const there = this.list().map((model) => model.name);
      const hint = there.length > 0 ? `On this machine: ${there.join(", ")}.` : "There is none on this machine.";
      throw new ModelError("not-found", `There is no model named ${name}. ${hint}`);
    }
    rmSync(path, { force: true });
    rmSync(`${path}.part`, { force: true });
  }

  /** Makes the folder. */
  prepare(): void {
    try {
      makeFolder(this.dir);
    } catch (e) {
      throw diskError(e, this.dir);
    }
  }
}
