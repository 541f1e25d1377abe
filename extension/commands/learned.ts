import * as vscode from "vscode";
import type { Session } from "../session.ts";

/** *Reset What Was Learned*: asks once more. False: the person thought better of it. */
export async function resetLearned(session: Session): Promise<boolean> {
  const reset = "Reset";
  const detail =
    "Models are chosen as if nobody had done anything with their answers yet. The records of requests and costs stay.";
  const chosen = await vscode.window.showWarningMessage(
    "Reset what Switchyard has learned of the models, from all windows?",
    { modal: true, detail },
    reset,
  );
  if (chosen !== reset) return false;
  await session.request("resetLearned", null);
  void vscode.window.showInformationMessage("What was learned is forgotten: it begins anew with the next answer.");
  return true;
}
