/** The JSON schema by which the editor completes and checks config.jsonc, from the daemon's own. */
import * as z from "zod";
import { configSchema } from "../../server/protocol/config.ts";
import type { Generated } from "../generate.ts";

export function configSchemaFile(): Generated {
  const schema = z.toJSONSchema(configSchema, {
    io: "input",
    target: "draft-7", // what VS Code understands best
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum; // zod's word for "an integer"
    },
  });
  const text = JSON.stringify(
    { title: "Switchyard configuration", allowComments: true, allowTrailingCommas: true, ...schema },
    null,
    2,
  );
  return { file: "extension/schemas/config.schema.json", text: `${text}\n` };
}
