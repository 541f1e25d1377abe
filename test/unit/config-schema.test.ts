import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { configSchemaFile } from "../../scripts/generate/config-schema.ts";

describe("the published schema of the configuration", () => {
  const { file, text } = configSchemaFile();

  it("is what the daemon's own schema says", () => {
    assert.equal(readFileSync(resolve(import.meta.dirname, "../..", file), "utf8"), text, "run npm run generate");
  });

  it("lets the editor flag unknown keys and explain known ones", () => {
    const schema = JSON.parse(text) as {
      additionalProperties: boolean;
      properties: { routing: { additionalProperties: boolean; properties: { quality: { description: string } } } };
    };
    assert.equal(schema.additionalProperties, false);
    assert.equal(schema.properties.routing.additionalProperties, false);
    assert.match(schema.properties.routing.properties.quality.description, /cheap/);
  });
});
