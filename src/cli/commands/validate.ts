import { readdirSync, statSync, existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { formatDiagnostic, hasErrors, type Diagnostic } from '../../base/index.js';
import { checkDocument, lintRunbook, promoteWarnings } from '../../language/index.js';
import { Exit } from '../exit.js';
import { checkDrillTogether } from '../load-programme.js';
import { print, printJson, type CommonOptions } from '../output.js';
import { parseFile } from '../parse-file.js';
import { readOrRefuse } from '../programme-loader.js';
import { vocabulary } from '../vocabulary.js';

/** `firedrill validate [path…]`: every document by itself, then every drill with all that it refers to. */
export async function validate(
  paths: readonly string[],
  own: { readonly strict: boolean },
  options: CommonOptions,
): Promise<void> {
  const files =
    paths.length === 0
      ? programmeFiles(options.directory)
      : paths.flatMap((path) => documentsIn(resolve(options.directory, path), path));
  const found: Diagnostic[] = [];
  for (const file of files) found.push(...(await checkFile(file, options)));
  const diagnostics = unique(own.strict ? [...promoteWarnings(found)] : found);
  if (options.format === 'json') printJson('diagnostics', { files: files.length, diagnostics });
  else for (const diagnostic of diagnostics) print(formatDiagnostic(diagnostic));
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  if (hasErrors(diagnostics))
    throw new Exit(
      'invalid',
      `${count(errors, 'error')}, ${count(warnings, 'warning')} in ${count(files.length, 'file')}`,
    );
  if (options.format === 'human' && !options.quiet)
    print(`${count(files.length, 'file')} valid${warnings === 0 ? '' : `, ${count(warnings, 'warning')}`}`);
}

async function checkFile(file: string, options: CommonOptions): Promise<readonly Diagnostic[]> {
  const shown = relative(options.directory, file) || file;
  const parsed = parseFile(shown, readOrRefuse(file, shown));
  const linted =
    parsed.kind === 'Runbook' && parsed.document !== null ? lintRunbook(parsed.document, vocabulary) : [];
  const alone: readonly Diagnostic[] = [
    ...parsed.diagnostics,
    ...checkDocument(parsed, vocabulary),
    ...linted,
  ];
  if (parsed.kind !== 'Drill' || hasErrors(alone)) return alone;
  return [...alone, ...(await checkDrillTogether(file, options))];
}

function programmeFiles(directory: string): string[] {
  const configuration = join(directory, 'firedrill.yaml');
  const folders = ['runbooks', 'drills']
    .map((name) => join(directory, name))
    .filter((folder) => existsSync(folder));
  const files = [
    ...(existsSync(configuration) ? [configuration] : []),
    ...folders.flatMap((folder) => filesUnder(folder, folder)),
  ];
  if (files.length === 0)
    throw new Exit(
      'usage',
      `there is no programme in ${directory}`,
      'Type the files to check, or --directory <folder>.',
    );
  return files;
}

/** A folder in which nothing can be checked is no folder of valid documents. */
function documentsIn(path: string, shown: string): string[] {
  const files = filesUnder(path, shown);
  if (files.length > 0) return files;
  throw new Exit(
    'usage',
    `no document lies in ${shown}`,
    'Type the path of a file, or of a folder with .yaml files.',
  );
}

function filesUnder(path: string, shown: string): string[] {
  if (!existsSync(path))
    throw new Exit('usage', `${shown} does not exist`, 'Type the path of a file or a folder.');
  if (!statSync(path).isDirectory()) return [path];
  const found = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.ya?ml$/.test(name),
  );
  return found.map((name) => join(path, name)).sort();
}

/** A runbook that three drills use has its problems once. */
function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((one) => [formatDiagnostic(one), one])).values()];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
