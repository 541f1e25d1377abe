import { openReader } from "../../server/wiring/weights.ts";

/** With the classifier that ships. */
export const read = openReader();
