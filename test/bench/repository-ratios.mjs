import { accessSync, constants, mkdirSync, writeFileSync, chownSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { withPlace } from './bench-lab.mjs';
import { median, round } from './row.mjs';
import { timeChild } from './timed-child.mjs';

/** What pgBackRest needs on the same machine for the same database, to set our own times beside; nothing is promised of it. */
export async function measureRepository({ lab, primary, turns, how, size }) {
  if (!installed('pgbackrest')) return [row('pgBackRest', 'not measured: it is not installed', null, how)];
  const directory = join(lab.paths.clusters, 'bench-repository');
  const { account } = primary;
  mkdirSync(directory);
  if (account !== null) chownSync(directory, account.uid, account.gid);
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    PGHOST: primary.host,
    ...(primary.passfile === null ? {} : { PGPASSFILE: primary.passfile }),
  };
  const run = (command, location, ...more) =>
    timeChild(
      'pgbackrest',
      [`--config=${configure(directory, location)}`, '--stanza=bench', ...more, command],
      { env, account, cwd: directory },
    );
  try {
    await run('stanza-create', primary, '--no-online');
    const full = [];
    const restored = [];
    for (let turn = 0; turn < turns; turn += 1) {
      full.push(await run('backup', primary, '--type=full'));
      restored.push(
        await withPlace(lab, primary, (place) => {
          mkdirSync(place.dataDirectory, { mode: 0o700 });
          if (account !== null) chownSync(place.dataDirectory, account.uid, account.gid);
          return run('restore', place);
        }),
      );
    }
    const incremental = await run('backup', primary, '--type=incr');
    return [
      row(
        'pgBackRest, full backup, two processes',
        `${round(median(full))} ms`,
        median(full),
        `${how}, ${size}`,
      ),
      row(
        'pgBackRest, restore without starting it',
        `${round(median(restored))} ms`,
        median(restored),
        `${how}, ${size}`,
      ),
      row(
        'pgBackRest, incremental backup of nothing new',
        `${round(incremental)} ms`,
        incremental,
        `once, ${size}`,
      ),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function row(what, measured, value, how) {
  return { what, measured, value, limit: '', met: null, how: `${how}; not judged: for comparison` };
}

function configure(directory, { dataDirectory, port, user, database }) {
  const file = join(directory, `${port}.conf`);
  const settings = {
    'repo1-path': join(directory, 'repository'),
    ...{ 'log-path': directory, 'spool-path': directory, 'lock-path': directory },
    ...{ 'log-level-console': 'error', 'compress-type': 'zst', 'compress-level': 1, 'process-max': 2 },
    // Only the copy is timed: the log goes to the receiver, as with every other row.
    ...{ 'start-fast': 'y', 'archive-check': 'n', 'repo1-retention-full': 1 },
  };
  const cluster = {
    ...{ 'pg1-path': dataDirectory, 'pg1-port': port },
    ...{ 'pg1-user': user, 'pg1-database': database },
  };
  const lines = (section) => Object.entries(section).map(([name, value]) => `${name}=${value}`);
  writeFileSync(file, ['[global]', ...lines(settings), '[bench]', ...lines(cluster), ''].join('\n'));
  return file;
}

function installed(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
