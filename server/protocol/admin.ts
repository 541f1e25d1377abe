import * as z from "zod";

/** `POST /admin/forget`: answers that meet all that is said are forgotten. Nothing but `all` means every one. */
export const forgetBodySchema = z.strictObject({
  /** 2026-11-21, or a time with date; answers from then on. */
  since: z.string().optional(),
  before: z.string().optional(),
  workspace: z.string().optional(),
  trace: z.string().optional(),
  all: z.literal(true).optional(),
});
export type ForgetBody = z.infer<typeof forgetBodySchema>;

/** What it answers. */
export const forgottenSchema = z.object({ answers: z.int() });
