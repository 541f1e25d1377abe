/** A line and the band around it, point by point. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly mean: number; readonly band: number }[];
}

export interface Panel {
  readonly title: string;
  readonly about: string;
  readonly series: readonly Series[];
}

export interface Axis {
  /** Interactions from one point to the next. */
  readonly every: number;
  /** The interaction that a line is drawn at. */
  readonly marked: number;
}

const colours: Readonly<Record<string, string>> = {
  learner: "#c2410c",
  "no-learner": "#1d4ed8",
  small: "#15803d",
  medium: "#a16207",
  large: "#7e22ce",
  "best-by-task": "#6b7280",
};
const names: Readonly<Record<string, string>> = {
  learner: "with the learner",
  "no-learner": "without it",
  small: "always the small model",
  medium: "always the middle one",
  large: "always the large one",
  "best-by-task": "the best of each task, known beforehand",
};

const [width, height, left, top] = [460, 250, 42, 44];
const columns = 2;
const legendHeight = 78;

/** Cumulative regret by interaction, a panel for each user, as SVG. What is far worse than the others leaves at the top. */
export function picture(panels: readonly Panel[], axis: Axis): string {
  const rows = Math.ceil(panels.length / columns);
  const [w, h] = [columns * (width + 20) + 20, rows * (height + 20) + legendHeight + 10];
  const drawn = panels.map((panel, i) => {
    const [x, y] = [20 + (i % columns) * (width + 20), legendHeight + Math.floor(i / columns) * (height + 20)];
    return `<g transform="translate(${x} ${y})">${panelOf(panel, axis, i)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="sans-serif" font-size="11">
<rect width="${w}" height="${h}" fill="#fff"/>
${legend()}
${drawn.join("\n")}
</svg>
`;
}

function legend(): string {
  const items = Object.entries(names).map(([name, words], i) => {
    const [x, y] = [20 + (i % 3) * 270, 40 + Math.floor(i / 3) * 18];
    return `<line x1="${x}" y1="${y - 4}" x2="${x + 22}" y2="${y - 4}" stroke="${colours[name]}" stroke-width="2.5"/><text x="${x + 28}" y="${y}">${words}</text>`;
  });
  const title =
    "Cumulative regret (quality, less what money and time weigh) against what was best for each question; 95 % bands";
  return `<text x="20" y="20" font-weight="bold">${title}</text>${items.join("\n")}`;
}

function panelOf({ title, about, series }: Panel, { every, marked }: Axis, nth: number): string {
  const [w, h] = [width - left, height - top - 24];
  const count = Math.max(...series.map((s) => s.points.length));
  const highest = heightOf(series);
  const x = (i: number): number => left + ((i + 1) / count) * w;
  const y = (v: number): number => top + h - (v / highest) * h;
  const at = (i: number, v: number): string => `${x(i).toFixed(1)},${y(v).toFixed(1)}`;
  // The first is drawn last, above the others.
  const lines = series.toReversed().map(({ name, points }) => {
    const up = points.map((p, i) => at(i, p.mean + p.band));
    const down = points.map((p, i) => at(i, p.mean - p.band)).reverse();
    const line = points.map((p, i) => at(i, p.mean));
    return `<polygon points="${[...up, ...down].join(" ")}" fill="${colours[name]}" fill-opacity="0.15"/><polyline points="${line.join(" ")}" fill="none" stroke="${colours[name]}" stroke-width="${name === "learner" ? 2.5 : 1.5}"/>`;
  });
  const step = stepOf(highest);
  const ticks = Array.from({ length: Math.floor(highest / step) + 1 }, (_, i) => i * step).map(
    (v) =>
      `<line x1="${left}" y1="${y(v)}" x2="${width}" y2="${y(v)}" stroke="#e5e7eb"/><text x="${left - 5}" y="${y(v) + 4}" text-anchor="end">${v}</text>`,
  );
  const markedAt = x(marked / every - 1);
  return `<text y="12" font-size="14" font-weight="bold">${title}</text><text y="28">${about}</text>
${ticks.join("")}
<line x1="${markedAt}" y1="${top}" x2="${markedAt}" y2="${top + h}" stroke="#9ca3af" stroke-dasharray="3 3"/>
<text x="${markedAt}" y="${top + h + 15}" text-anchor="middle">${marked}</text><text x="${width}" y="${top + h + 15}" text-anchor="end">${count * every} interactions</text>
<clipPath id="panel${nth}"><rect x="${left}" y="${top}" width="${w}" height="${h}"/></clipPath><g clip-path="url(#panel${nth})">${lines.join("")}</g>`;
}

/** High enough for both policies that are compared and for the best of the others. */
function heightOf(series: readonly Series[]): number {
  const end = (s: Series | undefined): number => s?.points.at(-1)?.mean ?? 0;
  const own = series.filter((s) => s.name.endsWith("learner")).map(end);
  const fixed = series.filter((s) => !s.name.endsWith("learner")).map(end);
  return 1.25 * Math.max(...own, Math.min(...fixed));
}

/** 1, 2 or 5 of some power of ten: four to nine steps. */
function stepOf(highest: number): number {
  const power = 10 ** Math.floor(Math.log10(highest / 4));
  const times = highest / 4 / power;
  return power * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
}
