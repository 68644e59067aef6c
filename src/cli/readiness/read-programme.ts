import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadinessInputs } from '../../assessment/index.js';
import { formatDiagnostic, hasErrors, type Diagnostic } from '../../base/index.js';
import { checkDocument, findPlaceholders, type ParsedDocument } from '../../language/index.js';
import { Exit } from '../exit.js';
import { printJson, type CommonOptions } from '../output.js';
import { parseFile } from '../parse-file.js';
import { vocabulary } from '../vocabulary.js';

export type ProgrammeDocuments = Pick<ReadinessInputs, 'programme' | 'scenarios' | 'placeholders'>;

/** What a programme’s documents say. Rejects with exit `invalid`, every problem printed; `usage` where there is no programme. */
export function readProgramme(options: CommonOptions): ProgrammeDocuments {
  const files = [
    ...['firedrill.yaml'].filter((name) => existsSync(join(options.directory, name))),
    ...yamlUnder(options.directory, 'runbooks'),
    ...yamlUnder(options.directory, 'drills'),
  ];
  if (files.length === 0)
    throw new Exit('usage', `there is no programme in ${options.directory}`, 'Type --directory <folder>.');
  const read = files.map((file) => ({ file, parsed: parse(file, options.directory) }));
  requireValid(
    read.flatMap(({ parsed }) => [...parsed.diagnostics, ...checkDocument(parsed, vocabulary)]),
    options,
  );
  const configuration = read.find(({ parsed }) => parsed.kind === 'Configuration')?.parsed.document;
  return {
    programme:
      configuration != null && 'programme' in configuration ? configuration.programme.name : 'without a name',
    scenarios: read.flatMap(({ file, parsed }) => {
      if (parsed.kind !== 'Runbook' || parsed.document === null) return [];
      const { id, title, severity } = parsed.document;
      return [{ id, title, severity, file }];
    }),
    placeholders: read.flatMap(({ file, parsed }) =>
      findPlaceholders(parsed.document ?? {}).map((one) => ({ file, ...one })),
    ),
  };
}

function parse(file: string, directory: string): ParsedDocument {
  return parseFile(file, readFileSync(join(directory, file)));
}

function yamlUnder(directory: string, folder: string): string[] {
  const place = join(directory, folder);
  if (!existsSync(place)) return [];
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => `${folder}/${name}`)
    .sort();
}

function requireValid(diagnostics: readonly Diagnostic[], options: CommonOptions): void {
  if (!hasErrors(diagnostics)) return;
  const errors = diagnostics.filter((one) => one.severity === 'error');
  if (options.format === 'json') printJson('diagnostics', { diagnostics });
  else for (const one of errors) process.stderr.write(`${formatDiagnostic(one)}\n`);
  const count = `${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`;
  throw new Exit('invalid', `${count}: readiness of an invalid programme is not told`);
}
