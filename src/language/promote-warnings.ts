import type { Diagnostic } from '../base/index.js';

/** `--strict`: every warning counts as an error. */
export function promoteWarnings(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.map((diagnostic) => ({ ...diagnostic, severity: 'error' }));
}
