/** Names of points of `quality`. */
export const presets = { cost: 0.2, balanced: 0.5, quality: 0.8 } as const;
export type Preset = keyof typeof presets;
export const presetNames = Object.keys(presets) as [Preset, ...Preset[]];

/** A quality as a person writes it, a number from 0 to 1 or a preset's name; null: neither. */
export function qualityOf(said: string): number | null {
  const quality = (presetNames as readonly string[]).includes(said) ? presets[said as Preset] : Number(said);
  return said.trim() !== "" && quality >= 0 && quality <= 1 ? quality : null;
}

/** Ways to choose among the models that can (see logic/routing/strategies.ts). */
export const strategyNames = ["control", "cost-aggressive", "quality-first", "by-task", "adaptive"] as const;
export type StrategyName = (typeof strategyNames)[number];
