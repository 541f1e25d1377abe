import type { ModelId } from "../../domain/model.ts";
import type { Task } from "../../protocol/trace.ts";

/** What a person made of one answer. */
export interface Observation {
  readonly task: Task;
  readonly model: ModelId;
  /** How good it was expected to be, 0…1, before anybody saw it. */
  readonly expected: number;
  /** What the person's doing made of it, 0…1. */
  readonly reward: number;
}

/** What the answers of one model at one task add up to; all but `answers` is discounted. */
export interface Sum {
  readonly task: Task;
  readonly model: ModelId;
  answers: number;
  weight: number;
  expected: number;
  reward: number;
}

/**
 * Adds up, from the oldest to the newest. Each further answer to a task, whoever gave it, leaves `discount` of the weight of
 * those before it: what is no longer asked of a model is forgotten as the others are tried.
 */
export function sumUp(observations: Iterable<Observation>, discount: number): Sum[] {
  const tasks = new Map<Task, { nth: number; readonly models: Map<ModelId, Fading> }>();
  for (const o of observations) {
    let task = tasks.get(o.task);
    if (!task) {
      task = { nth: 0, models: new Map() };
      tasks.set(o.task, task);
    }
    let fading = task.models.get(o.model);
    if (!fading) {
      fading = { sum: { ...o, answers: 0, weight: 0, expected: 0, reward: 0 }, nth: 0 };
      task.models.set(o.model, fading);
    }
    fade(fading, ++task.nth, discount);
    const { sum } = fading;
    sum.answers++;
    sum.weight++;
    sum.expected += o.expected;
    sum.reward += o.reward;
  }
  return [...tasks.values()].flatMap(({ nth, models }) =>
    [...models.values()].map((fading) => fade(fading, nth, discount)),
  );
}

/** A sum as it stood at the `nth` answer to its task. */
interface Fading {
  readonly sum: Sum;
  nth: number;
}

function fade(fading: Fading, nth: number, discount: number): Sum {
  const { sum } = fading;
  const left = discount ** (nth - fading.nth);
  fading.nth = nth;
  sum.weight *= left;
  sum.expected *= left;
  sum.reward *= left;
  return sum;
}
