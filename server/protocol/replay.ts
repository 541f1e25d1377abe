/** What `switchyard replay` reports; with `--json`, as it stands here. */

export const replayGroupings = ["task", "model", "client"] as const;
export type ReplayGrouping = (typeof replayGroupings)[number];

/** A figure under the configuration in force and under the policy's; their difference, and the interval that holds it in 95 of 100 samples of requests. */
export interface Compared {
  readonly now: number;
  readonly policy: number;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** Requests that both sides answer. Each figure is null where there is nothing to compute it of. */
export interface ReplayRow {
  /** The group's name; `total`. */
  readonly key: string;
  readonly requests: number;
  /** How many of them another model would answer. */
  readonly changed: number;
  /** How many of them money can be told of: the others have no usage, or a model without a known price. */
  readonly priced: number;
  /** Nano-dollars, estimated: a request, and all that are priced. */
  readonly cost: { readonly each: Compared; readonly total: Compared } | null;
  /** Milliseconds to the first token, by each model's measured median: the mean over the requests, and the median of them. */
  readonly latencyMs: { readonly mean: Compared; readonly p50: Compared } | null;
  /** 0…1, as the classifier expected it when the request came. */
  readonly quality: Compared | null;
}

export interface ReplayReport {
  /** When the oldest and the newest request that was read began; null: none was. */
  readonly from: string | null;
  readonly to: string | null;
  readonly traces: {
    readonly read: number;
    /** Of an older version, or refused when they came: nothing was stored to decide by. */
    readonly withoutFeatures: number;
    /** Answered from memory: under any policy. */
    readonly recalled: number;
    /** Requests that one of the sides would refuse, and the first refusal's words. */
    readonly refused: {
      readonly now: number;
      readonly policy: number;
      readonly why: { readonly now: string | null; readonly policy: string | null };
    };
    /** Decided by both: what all figures are about. */
    readonly replayed: number;
    /** Of these, how many the configuration in force gives to the model that had answered then. */
    readonly asRecorded: number;
    /** Of these, how many go on a conversation without a session: who answered it last is taken as recorded, not as the policy chose. */
    readonly unfollowed: number;
    /** Of these, how many a judge would be asked about, and none was then: what the policy would choose counts. */
    readonly undecided: { readonly now: number; readonly policy: number };
  };
  readonly total: ReplayRow;
  readonly by: ReplayGrouping | null;
  readonly groups: readonly ReplayRow[];
  /** The most frequent changes of model. */
  readonly changes: readonly { readonly now: string; readonly policy: string; readonly requests: number }[];
  /** How many requests each model answered then, and would answer. */
  readonly models: readonly {
    readonly model: string;
    readonly recorded: number;
    readonly now: number;
    readonly policy: number;
    /** Where it stands between the weakest (0) and the strongest (1) model of both sides; null: neither has it any more. */
    readonly standing: number | null;
    /** The median to the first token that was counted with, and whether it was measured. */
    readonly p50Ms: number | null;
    readonly measured: boolean;
  }[];
  readonly money: {
    readonly withoutUsage: number;
    readonly unknownPrice: number;
    /** Models that answer something and have no price. */
    readonly unpriced: readonly string[];
    /** Of the priced: how many have a usage that was itself estimated. */
    readonly estimatedUsage: number;
    /** What the ledger says that the priced requests cost, with all their attempts; null: of some it isn't known. */
    readonly recordedNanos: number | null;
  };
}
