import type { Diagnostic, JsonObject, Position } from '../../base/index.js';
import type { DocumentNode } from '../yaml/node.js';

/**
 * What a value must look like, said once: it reads a positioned node into a typed value, and it gives the JSON Schema that
 * editors use. `read` reports everything that is wrong and gives `invalid` for a value that cannot be used.
 */
export interface Shape<T> {
  readonly read: (node: DocumentNode, report: Report) => T | Invalid;
  readonly schema: (definitions: Definitions) => JsonObject;
}

/** Stands for a value that cannot be used; why, has been reported. */
export const invalid: unique symbol = Symbol('invalid');
export type Invalid = typeof invalid;

export type ShapeValue<S> = S extends Shape<infer T> ? T : never;

/** Named parts of a JSON Schema, for shapes that hold themselves (steps in blocks of steps). */
export type Definitions = Map<string, JsonObject>;

/** More would only bury the first ones. */
const maxDiagnostics = 200;

/** Collects what is wrong in one file. */
export class Report {
  private readonly list: Diagnostic[] = [];
  private readonly seen = new Set<string>();

  error(position: Position, code: string, message: string, hint?: string): Invalid {
    this.add('error', position, code, message, hint);
    return invalid;
  }

  warning(position: Position, code: string, message: string, hint?: string): void {
    this.add('warning', position, code, message, hint);
  }

  private add(
    severity: Diagnostic['severity'],
    { file, line, column }: Position,
    code: string,
    message: string,
    hint: string | undefined,
  ): void {
    // The same node may be looked at twice: once as a drill, once live.
    const identity = `${file}\n${line}:${column} ${code} ${message}`;
    if (this.seen.has(identity) || this.list.length > maxDiagnostics) return;
    this.seen.add(identity);
    if (this.list.length === maxDiagnostics) {
      this.list.push({
        file,
        line,
        column,
        severity: 'error',
        code: 'too-many-problems',
        message: `more than ${maxDiagnostics} problems; the rest is not shown`,
      });
      return;
    }
    this.list.push({ file, line, column, severity, code, message, ...(hint === undefined ? {} : { hint }) });
  }

  /** In the order of the file. */
  get diagnostics(): readonly Diagnostic[] {
    return sortDiagnostics(this.list);
  }

  get count(): number {
    return this.list.length;
  }
}

export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = [...new Set(diagnostics.map((diagnostic) => diagnostic.file))];
  return [...diagnostics].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}
