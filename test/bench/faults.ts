import { faultKinds } from "../support/faults/kinds.ts";
import { runFaults, sins } from "../support/faults/run.ts";
import { linesOf, printed } from "../support/faults/table.ts";
import { tlsFaults } from "../support/faults/traffic.ts";
import { type Bench, type Row, row } from "./row.ts";

const requests = 10_000;
const kinds = [...faultKinds.map((k) => k.name), ...Object.values(tlsFaults)];

/** No time is measured here: it is the proof that nothing gets lost, doubled or called a success that is none. */
export const faults: Bench = {
  name: "faults",
  about: `${requests} requests to three providers of which every fifth call goes wrong, and as many begun early or twice`,
  run: async () => [...(await prove("faults", false)), ...(await prove("faults.early", true))],
};

async function prove(name: string, early: boolean): Promise<Row[]> {
  const { fates, calls, wallMs, besides } = await runFaults({ requests, atOnce: 64, share: 0.2, seed: 2_026, early });
  const lines = linesOf(fates, kinds);
  console.log(`\n${printed(lines).replace(/^/gm, "  ")}`);
  const guilty = fates.filter((f) => f.sins.length > 0);
  for (const { n, fault, sins } of guilty.slice(0, 20))
    console.log(`  ${n} (${fault ?? "no fault"}): ${sins.map((s) => `${s.sin}: ${s.what}`).join("; ")}`);
  for (const what of besides) console.log(`  ${what}`);
  console.log(`  ${calls} calls of upstreams in ${(wallMs / 1_000).toFixed(1)} s\n`);
  const all = lines.at(-1)!;
  // Where nobody tries again and nobody steps in, those are answered that meet no fault.
  const without = { name: "without", values: [lines[0]!.requests / requests] };
  const never = { of: "value", atMost: 0 } as const;
  return [
    row(`${name}.answered`, "share", [(all.atOnce + all.rescued) / requests], without, { of: "ratio", atLeast: 1.1 }),
    ...sins.map((sin) => {
      const count = fates.filter((f) => f.sins.some((s) => s.sin === sin)).length;
      return row(`${name}.${sin.replaceAll(" ", "-")}`, "", [count], null, never);
    }),
    row(`${name}.traces`, "", [all.traces], null, { of: "value", atLeast: requests }),
    row(`${name}.left`, "", [besides.length], null, never),
  ];
}
