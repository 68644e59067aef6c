import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { hasErrors, sha256Hex, type Diagnostic } from '../base/index.js';
import {
  composePlan,
  type ConfigurationDocument,
  type DocumentKind,
  type DrillDocument,
  type MessagesDocument,
  type Mode,
  type Parsed,
  type Plan,
  type RunbookDocument,
  type SourceCopy,
} from '../language/index.js';
import { earlierRun } from './earlier-run.js';
import { Exit } from './exit.js';
import { parseFile } from './parse-file.js';
import { planVersions } from './versions.js';
import { vocabulary } from './vocabulary.js';

export interface Wanted {
  readonly drill: DrillDocument | null;
  readonly runbook: RunbookDocument | null;
  readonly environment: string | undefined;
  readonly mode: Mode;
  readonly unattended: boolean;
  /** Values of the runbook's inputs as they were typed. */
  readonly inputs?: { readonly [name: string]: string } | undefined;
}

export interface Loaded {
  /** Null when anything is wrong. */
  readonly plan: Plan | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the documents of one plan; keeps what was wrong with them, and the exact bytes of each. */
export class ProgrammeLoader {
  readonly diagnostics: Diagnostic[] = [];
  readonly configuration: ConfigurationDocument | null;
  readonly #sources: SourceCopy[] = [];
  readonly #paths = new Map<object, string>();

  constructor(readonly directory: string) {
    const file = join(directory, 'firedrill.yaml');
    this.configuration = existsSync(file) ? this.read(file, 'Configuration') : null;
  }

  /** `file` as typed: relative to the programme. */
  readTyped<K extends DocumentKind>(file: string, kind: K) {
    return this.read(resolve(this.directory, file), kind);
  }

  async compose(wanted: Wanted): Promise<Loaded> {
    const { drill } = wanted;
    const runbook = wanted.runbook ?? this.#beside(drill, drill?.runbook, 'Runbook');
    const rubric = this.#beside(drill, drill?.rubric, 'Rubric');
    const before = this.#beside(drill, drill?.checklists?.before, 'Checklist');
    const after = this.#beside(drill, drill?.checklists?.after, 'Checklist');
    const messages: (MessagesDocument | null)[] = [
      ...(runbook?.messages ?? []).map((path) => this.#beside(runbook, path, 'Messages')),
      ...(drill?.messages ?? []).map((path) => this.#beside(drill, path, 'Messages')),
    ];
    if (runbook === null || hasErrors(this.diagnostics)) return { plan: null, diagnostics: this.diagnostics };
    const composed = composePlan({
      configuration: this.configuration,
      environment: wanted.environment,
      runbook,
      drill,
      rubric,
      messages: messages.filter((one) => one !== null),
      checklists: { before: before ?? undefined, after: after ?? undefined },
      vocabulary,
      mode: wanted.mode,
      unattended: wanted.unattended,
      inputs: wanted.inputs,
      earlier: (await earlierRun(this.directory, runbook.id)) ?? undefined,
      versions: planVersions(),
      sources: this.#sources,
    });
    return { plan: composed.plan, diagnostics: [...this.diagnostics, ...composed.diagnostics] };
  }

  private read<K extends DocumentKind>(file: string, kind: K): Parsed<K>['document'] {
    const shown = relative(this.directory, file) || file;
    const bytes = readOrRefuse(file, shown);
    const parsed = parseFile(shown, bytes);
    this.diagnostics.push(...parsed.diagnostics);
    this.#sources.push({ path: shown, sha256: sha256Hex(bytes), text: bytes.toString('utf8') });
    if (parsed.kind !== null && parsed.kind !== kind) {
      const message = `expected a ${kind}, this is a ${parsed.kind}`;
      this.diagnostics.push({
        file: shown,
        line: 1,
        column: 1,
        severity: 'error',
        code: 'wrong-kind',
        message,
      });
      return null;
    }
    const { document } = parsed as Parsed<K>;
    if (document !== null) this.#paths.set(document, file);
    return document;
  }

  /** A path in a document is relative to that document. */
  #beside<K extends DocumentKind>(owner: object | null, path: string | undefined, kind: K) {
    const base = owner === null ? undefined : this.#paths.get(owner);
    return path === undefined || base === undefined ? null : this.read(resolve(dirname(base), path), kind);
  }
}

const unreadable: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read by this account',
};

/** The bytes of a file that somebody typed or a document names. */
export function readOrRefuse(file: string, shown: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const hint = 'Type the path of a file, relative to the programme.';
    throw new Exit('usage', `${shown} cannot be read: ${unreadable[code] ?? code}`, hint);
  }
}
