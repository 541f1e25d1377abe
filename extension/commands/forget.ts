import * as vscode from "vscode";
import type { Session } from "../session.ts";
import { workspaceName } from "../workspace.ts";
import { forgettable, forgotten } from "./forgettable.ts";

/** *Forget Remembered Answers*: pick which, and hear how many went. */
export async function forgetAnswers(session: Session): Promise<void> {
  const picked = await vscode.window.showQuickPick(forgettable(new Date(), workspaceName()), {
    title: "Switchyard: forget remembered answers",
    placeHolder: "Which shall no longer be given again?",
  });
  if (!picked) return;
  if (picked.everything && !(await confirmed())) return;
  const { answers } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: "Switchyard: forgetting answers…" },
    () => session.request("forget", picked.which),
  );
  void vscode.window.showInformationMessage(forgotten(answers));
}

async function confirmed(): Promise<boolean> {
  const forget = "Forget Everything";
  const detail = "Models are asked again for what was answered before. The records of requests and costs stay.";
  const chosen = await vscode.window.showWarningMessage(
    "Forget all remembered answers, of all windows and programs?",
    { modal: true, detail },
    forget,
  );
  return chosen === forget;
}
