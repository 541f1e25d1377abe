/** Names of points of `quality`. */
export const presets = { cost: 0.2, balanced: 0.5, quality: 0.8 } as const;
export type Preset = keyof typeof presets;
export const presetNames = Object.keys(presets) as [Preset, ...Preset[]];

/** Ways to choose among the models that can (see logic/routing/strategies.ts). */
export const strategyNames = ["control", "cost-aggressive", "quality-first", "by-task", "adaptive"] as const;
export type StrategyName = (typeof strategyNames)[number];
