// These packages' own types lean on packages that they have bundled; only what is used here is declared.
declare module "@energetic-ai/core" {
  export interface GraphModel {
    readonly inputs: readonly unknown[];
  }
  export interface Artifacts {
    readonly modelTopology: unknown;
    readonly weightSpecs: readonly {
      readonly name: string;
      readonly shape: readonly number[];
      readonly dtype: string;
    }[];
    readonly weightData: ArrayBuffer;
  }
  const core: {
    /** Resolves when the wasm backend runs. */
    ready(): Promise<void>;
    loadGraphModel(handler: { load(): Promise<Artifacts> }): Promise<GraphModel>;
  };
  export default core;
}
declare module "@energetic-ai/embeddings" {
  import type { GraphModel } from "@energetic-ai/core";

  const embeddings: {
    EmbeddingsModel: new (data: {
      readonly model: GraphModel;
      readonly vocabulary: unknown;
    }) => { embed(text: string): Promise<number[]> };
  };
  export default embeddings;
}
