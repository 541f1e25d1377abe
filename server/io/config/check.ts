import type { z } from "zod";
import { type Config, configSchema, notYet } from "../../protocol/config.ts";
import { type Path, pathText } from "./fault.ts";
import { knownKeys } from "./keys.ts";
import { nearest } from "./nearest.ts";
import { isTree, type Tree, valueAt } from "./tree.ts";

/** `name`: it is the key that is wrong, not its value. */
export interface Complaint {
  readonly path: Path;
  readonly reason: string;
  readonly name?: boolean;
}

export type Checked = { readonly config: Config } | { readonly complaints: readonly Complaint[] };

/** Whether merged settings are a configuration; if not, why. */
export function check(tree: Tree): Checked {
  const later = refused(tree);
  const laterPaths = new Set(later.map((c) => pathText(c.path)));
  const parsed = configSchema.safeParse(tree);
  if (parsed.success && later.length === 0) {
    const complaints = crossCheck(parsed.data);
    return complaints.length > 0 ? { complaints } : { config: parsed.data };
  }
  const others = (parsed.error?.issues ?? [])
    .flatMap((issue) => complaintsOf(issue, tree))
    .filter((c) => ![...laterPaths].some((p) => pathText(c.path).startsWith(p)));
  return { complaints: [...later, ...others] };
}

/** What the contract names and this version doesn't do: never silently accepted. */
function refused(tree: Tree): Complaint[] {
  return notYet.flatMap((pattern) => {
    const [keys = "", wanted] = pattern.split("=");
    return matches(tree, keys.split(".")).flatMap(([path, value]) => {
      if (wanted === undefined) return [{ path, reason: "not yet: this version can't do it; remove it", name: true }];
      if (value !== wanted && !(Array.isArray(value) && value.includes(wanted))) return [];
      return [{ path, reason: `"${wanted}" is not yet: this version can't do it; choose another` }];
    });
  });
}

function matches(value: unknown, keys: readonly string[], path: Path = []): [Path, unknown][] {
  const [key, ...rest] = keys;
  if (key === undefined) return [[path, value]];
  if (!isTree(value)) return [];
  const found = key === "*" ? Object.keys(value) : Object.hasOwn(value, key) ? [key] : [];
  return found.flatMap((k) => matches(value[k], rest, [...path, k]));
}

/** What an issue of the schema says about merged settings. */
export function complaintsOf(issue: z.core.$ZodIssue, tree: Tree): Complaint[] {
  const path = issue.path.filter((p) => typeof p !== "symbol");
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({ path: [...path, key], reason: unknownKey(key, path, tree), name: true }));
    case "invalid_key":
      return [{ path, reason: issue.issues[0]?.message ?? issue.message, name: true }];
    case "invalid_union": {
      const options = "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
      if (valueAt(tree, path) === undefined) return [{ path, reason: `is missing: one of ${options.join(", ")}` }];
      return [{ path, reason: options.length > 0 ? `must be one of ${options.join(", ")}` : issue.message }];
    }
    case "invalid_value":
      return [{ path, reason: `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}` }];
    case "invalid_type": {
      const value = valueAt(tree, path);
      return [
        {
          path,
          reason: value === undefined ? "is missing" : `must be ${withArticle(issue.expected)}, not ${kindOf(value)}`,
        },
      ];
    }
    case "too_big":
    case "too_small":
      return [{ path, reason: isZods(issue.message) ? limitOf(issue) : issue.message }];
    case "invalid_format":
    case "not_multiple_of":
    case "invalid_element":
    case "custom":
      return [{ path, reason: issue.message }];
  }
}

/** The schema library's own sentence, which speaks to its users and not to ours. */
const isZods = (message: string): boolean => /^Too (big|small): /.test(message);

/** `must be 1 or less`, `must have 2 parts or more` */
function limitOf(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const big = issue.code === "too_big";
  const limit = Number(big ? issue.maximum : issue.minimum);
  const has = { array: ["part", "parts"], string: ["character", "characters"] }[issue.origin as string];
  const of = has ? ` ${has[limit === 1 ? 0 : 1]}` : "";
  const range =
    issue.inclusive === false
      ? `${big ? "less" : "more"} than ${limit}${of}`
      : `${limit}${of} or ${big ? "less" : "more"}`;
  return `must ${has ? "have" : "be"} ${range}`;
}

function unknownKey(key: string, path: Path, tree: Tree): string {
  const { names } = knownKeys(tree, path);
  const near = nearest(
    key,
    names.filter((n) => n !== "$schema"),
  );
  return near === null ? "is unknown" : `is unknown; did you mean "${near}"?`;
}

const withArticle = (type: string): string => (/^[aeio]/.test(type) ? `an ${type}` : `a ${type}`);

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : withArticle(typeof value);
}

const roles = ["primary", "escalation", "baseline", "judge", "meta", "completion"] as const;

/** What concerns more than one place. */
function crossCheck(config: Config): Complaint[] {
  const complaints: Complaint[] = [];
  const mustBe = (what: "provider" | "model", id: string | undefined, known: readonly string[], path: Path): void => {
    if (id === undefined || known.includes(id)) return;
    const near = nearest(id, known);
    complaints.push({
      path,
      reason: `there is no ${what} of this name${near === null ? `; add it under ${what}s` : `; did you mean "${near}"?`}`,
    });
  };
  const models = Object.keys(config.models);
  for (const [id, model] of Object.entries(config.models)) {
    mustBe("provider", model.provider, Object.keys(config.providers), ["models", id, "provider"]);
    model.equals.forEach((equal, i) => void mustBe("model", equal, models, ["models", id, "equals", i]));
  }
  if (models.length > 0) {
    // with none configured, the ids are those of models found at run time
    const judge = config.routing.judge === undefined ? undefined : config.models[config.routing.judge];
    if (judge && !judge.abilities.includes("chat"))
      complaints.push({
        path: ["routing", "judge"],
        reason: 'a judge is asked in a chat: add "chat" to its abilities',
      });
    const embedder = config.cache?.semantic.model;
    mustBe("model", embedder, models, ["cache", "semantic", "model"]);
    const unable = embedder === undefined ? null : cannotEmbed(embedder, config);
    if (unable !== null) complaints.push({ path: ["cache", "semantic", "model"], reason: unable });
    for (const role of roles) mustBe("model", config.routing[role], models, ["routing", role]);
    config.routing.rules.forEach((rule, i) => void mustBe("model", rule.use, models, ["routing", "rules", i, "use"]));
  }
  for (const [id, provider] of Object.entries(config.providers))
    if (provider.kind === "openai" && hasCredentials(provider.baseUrl))
      complaints.push({
        path: ["providers", id, "baseUrl"],
        reason: "a key or password is never written here: take it out of the address and use apiKey",
      });
  if (!/^(127(\.\d{1,3}){3}|::1|localhost)$/i.test(config.server.host))
    complaints.push({
      path: ["server", "host"],
      reason: "not yet: an address other than loopback needs named clients; use 127.0.0.1",
    });
  return complaints;
}

/** Why no vectors can be had of a model, or null; one that isn't there is no matter of this. */
function cannotEmbed(id: string, { models, providers }: Config): string | null {
  const model = models[id];
  const provider = model && providers[model.provider];
  if (!provider) return null;
  if (!model.abilities.includes("embeddings"))
    return 'questions are compared by a model with the ability "embeddings": add it to its abilities, or name another';
  if (provider.kind !== "openai") return `its provider makes no vectors: name a model of a provider of kind "openai"`;
  if (provider.wires && !provider.wires.includes("embeddings"))
    return `its provider has no endpoint for vectors: add "embeddings" to providers.${model.provider}.wires`;
  return null;
}

function hasCredentials(address: string): boolean {
  const { username, password } = new URL(address);
  return username !== "" || password !== "";
}
