import { formatDiagnostic, hasErrors, type Diagnostic } from '../../base/index.js';
import {
  checkDocument,
  type ConfigurationDocument,
  type EnvironmentDocument,
  type PolicyDocument,
  type StoreDocument,
} from '../../language/index.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Exit } from '../exit.js';
import type { CommonOptions } from '../output.js';
import { parseFile } from '../parse-file.js';
import { readOrRefuse } from '../programme-loader.js';
import { vocabulary } from '../vocabulary.js';

/** What the backup commands use of `firedrill.yaml`. */
export interface BackupConfiguration {
  readonly environments: { readonly [name: string]: EnvironmentDocument };
  readonly stores: { readonly [name: string]: StoreDocument };
  readonly policies: { readonly [name: string]: PolicyDocument };
}

/** A programme without a configuration has nothing of its own. Rejects with exit `invalid`, every problem printed, for one that is wrong. */
export function readConfiguration(options: CommonOptions): BackupConfiguration {
  const file = join(options.directory, 'firedrill.yaml');
  if (!existsSync(file)) return { environments: {}, stores: {}, policies: {} };
  const parsed = parseFile('firedrill.yaml', readOrRefuse(file, 'firedrill.yaml'));
  const diagnostics: Diagnostic[] = [...parsed.diagnostics, ...checkDocument(parsed, vocabulary)];
  if (parsed.kind !== 'Configuration' || parsed.document === null || hasErrors(diagnostics)) {
    for (const one of diagnostics) process.stderr.write(`${formatDiagnostic(one)}\n`);
    throw new Exit(
      'invalid',
      'firedrill.yaml is not right: nothing was done',
      'Type `firedrill validate` when it is mended.',
    );
  }
  const document: ConfigurationDocument = parsed.document;
  return {
    environments: document.environments ?? {},
    stores: document.stores ?? {},
    policies: document.policies ?? {},
  };
}
