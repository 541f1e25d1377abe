// The package's own types lean on packages that it has bundled; only what is used here is declared.
declare module "@energetic-ai/core" {
  export interface Tensor {
    data(): Promise<Float32Array>;
    /** Outside the heap: nobody else frees it. */
    dispose(): void;
  }
  export interface GraphModel {
    executeAsync(inputs: Readonly<Record<string, Tensor>>): Promise<Tensor>;
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
    tensor1d(values: Int32Array, dtype: "int32"): Tensor;
    tensor2d(values: Int32Array, shape: readonly [number, number], dtype: "int32"): Tensor;
  };
  export default core;
}
