/** Where in a file something stands; lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong, or suspicious, in a document that somebody wrote. */
export interface Diagnostic extends Position {
  readonly severity: 'error' | 'warning';
  /** Stable kebab-case name of the rule, e.g. `unknown-key`. */
  readonly code: string;
  /** What is wrong, with the value: lower case, no full stop. */
  readonly message: string;
  /** What is allowed, or what to type instead: a whole sentence. */
  readonly hint?: string;
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

/** `file:line:column: error: message [code]`, the hint on a line of its own. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, message, code, hint } = diagnostic;
  const head = `${file}:${line}:${column}: ${severity}: ${message} [${code}]`;
  return hint === undefined ? head : `${head}\n    ${hint}`;
}
