import type { ArmReport, ExperimentReport } from "../../server/protocol/experiments.ts";
import { h, svg } from "../kit/dom.ts";
import { rangeOf, signed } from "./experiments.ts";

type Compared = ArmReport & { readonly versus: NonNullable<ArmReport["versus"]> };

const sides: Record<ExperimentReport["metric"], readonly [left: string, right: string]> = {
  reward: ["worse", "better"],
  cost: ["cheaper", "dearer"],
  latency: ["sooner", "later"],
};

/** Each arm's difference from the first: a dot, and around it the interval; the line is "no difference". Null: nothing is known yet. */
export function whiskers(e: ExperimentReport): HTMLElement | null {
  const arms = e.arms.filter((arm): arm is Compared => arm.versus !== null);
  const first = e.arms[0]?.name ?? "";
  if (arms.length === 0) return null;
  const most = Math.max(...arms.flatMap(({ versus: v }) => [Math.abs(v.low), Math.abs(v.high)]), Number.MIN_VALUE);
  const x = (value: number): string => `${50 + (value / most) * 46}%`;
  const lines = arms.map((arm) => {
    const { difference, low, high } = arm.versus;
    const title = `${arm.name}: ${signed(e, difference)} (${rangeOf(e, arm.versus)})`;
    const end = (at: number): SVGElement => svg("line", { class: "whisker", x1: x(at), x2: x(at), y1: 7, y2: 17 });
    return [
      h("span", { class: "arm" }, arm.name),
      svg(
        "svg",
        {},
        svg("title", {}, title),
        svg("line", { class: "ground", x1: "50%", x2: "50%", y1: 0, y2: 24 }),
        svg("line", { class: "whisker", x1: x(low), x2: x(high), y1: 12, y2: 12 }),
        end(low),
        end(high),
        svg("circle", { class: "mean", cx: x(difference), cy: 12, r: 4 }),
      ),
    ];
  });
  const [left, right] = sides[e.metric];
  const words = arms.map((arm) => `${arm.name} ${signed(e, arm.versus.difference)}, from ${rangeOf(e, arm.versus)}`);
  return h(
    "figure",
    { class: "whiskers", role: "img", "aria-label": `Difference from ${first}: ${words.join("; ")}` },
    ...lines.flat(),
    h("span", {}),
    h(
      "figcaption",
      { class: "dim" },
      h("span", {}, `← ${left}`),
      h("span", {}, `as ${first}`),
      h("span", {}, `${right} →`),
    ),
  );
}
