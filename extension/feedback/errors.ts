import * as vscode from "vscode";

/** The errors that the editor shows in a document, or in a range of it. */
export const errorsOf = (uri: vscode.Uri, range: vscode.Range | null = null): vscode.Diagnostic[] =>
  vscode.languages
    .getDiagnostics(uri)
    .filter((d) => d.severity === vscode.DiagnosticSeverity.Error && (range === null || within(range, d.range)));

/** Ranges that only touch don't count, unless the error itself has no width. */
function within(range: vscode.Range, error: vscode.Range): boolean {
  const common = range.intersection(error);
  return common !== undefined && (!common.isEmpty || error.isEmpty);
}

/** The same by their words, without a place: an edit elsewhere moves an error and makes it no other. */
export const errorWords = (uri: vscode.Uri, range: vscode.Range | null = null): string[] =>
  errorsOf(uri, range).map((d) => `${d.source ?? ""}: ${d.message}`);
