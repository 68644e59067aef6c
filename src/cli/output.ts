import { Failure } from '../base/index.js';
import type { Exit } from './exit.js';

export interface CommonOptions {
  readonly directory: string;
  readonly format: 'human' | 'json';
  readonly quiet: boolean;
  readonly colour: boolean;
}

/** Results go to standard output; everything that only accompanies them to standard error. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function remark(options: Pick<CommonOptions, 'quiet'>, text: string): void {
  if (!options.quiet) process.stderr.write(`${text}\n`);
}

let hasPrintedJson = false;

/** One JSON document with its version, for `--format json`; standard output holds no second one. */
export function printJson(kind: string, data: unknown): void {
  hasPrintedJson = true;
  print(JSON.stringify({ v: 1, kind, data }, null, 2));
}

/** The same on one line, where it ends a stream of such lines. */
export function printJsonLine(kind: string, data: unknown): void {
  hasPrintedJson = true;
  print(JSON.stringify({ v: 1, kind, data }));
}

/** What failed and what to type next, the same way for every command. */
export function printFailure(error: Failure | Exit, options: Pick<CommonOptions, 'format' | 'quiet'>): void {
  if (error.message === '') return;
  // Whoever wants quiet, cron above all, gets one line.
  const hint = error.hint === undefined ? '' : `${options.quiet ? '. ' : '\n  '}${error.hint}`;
  process.stderr.write(`firedrill: ${error.message}${hint}\n`);
  // Where the command has answered already, as `validate` does, its answer says what failed.
  if (options.format === 'json') printJsonFailure(error);
}

/** Nothing where a document was printed already: standard output holds one. */
export function printJsonFailure(error: Failure | Exit): void {
  if (hasPrintedJson) return;
  printJson('failure', {
    message: error.message,
    hint: error.hint ?? null,
    reason: error instanceof Failure ? error.reason : error.exit,
  });
}
