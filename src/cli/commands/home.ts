import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findDrills } from '../drills/find-drills.js';
import { plannedFor } from '../drills/planned-for.js';
import { runIds } from '../find-run.js';
import { print, printJson, type CommonOptions } from '../output.js';
import { runLine, summariseRun } from './runs.js';

/** `firedrill` alone: in a terminal, what there is to do here; elsewhere, help. */
export async function showHome(options: CommonOptions, help: () => string): Promise<void> {
  const drills = findDrills(options.directory);
  const runbooks = yamlFiles(join(options.directory, 'runbooks'));
  const recent = await Promise.all(
    runIds(options.directory)
      .slice(0, 8)
      .map((id) => summariseRun(options.directory, id)),
  );
  if (options.format === 'json') {
    printJson('home', {
      drills: drills.map(({ file }) => basename(file)),
      planned: drills.map(({ file, scheduled }) => ({ drill: file, scheduled })),
      runbooks,
      runs: recent,
    });
    return;
  }
  if (!process.stdout.isTTY || (drills.length === 0 && runbooks.length === 0)) {
    process.stdout.write(help());
    return;
  }
  section(
    'Drills',
    drills.map(({ file, scheduled }) => `firedrill drill ${file}${plannedFor(scheduled)}`),
  );
  if (drills.length > 1) print('All of them, one after the other: firedrill drill --all\n');
  section(
    'Runbooks, for a real incident',
    runbooks.map((file) => `firedrill run runbooks/${file} --environment <name>`),
  );
  section('Last runs', recent.length === 0 ? ['none yet'] : recent.map(runLine));
  const open = recent.filter((run) => run.status === 'interrupted');
  if (open.length > 0)
    section(
      'Interrupted, can be taken up again',
      open.map((run) => `firedrill resume ${run.runId}`),
    );
  print('All commands: firedrill --help');
}

function section(title: string, lines: readonly string[]): void {
  print(title);
  for (const line of lines) print(`  ${line}`);
  print('');
}

function yamlFiles(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name))
        .sort()
    : [];
}
