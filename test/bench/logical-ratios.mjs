import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  makeOwnedDirectory,
  readPassword,
  runTool,
  startCluster,
  createCluster,
  toolEnvironment,
  writePassfile,
} from '../../dist/postgres/index.js';
import { withPlace } from './bench-lab.mjs';
import { atMost, median, round } from './row.mjs';
import { askProgram } from './spawned.mjs';
import { timeChild } from './timed-child.mjs';

/** As many as the engine takes on this machine: what it is compared with gets the same. */
const jobs = 2;

/** Logical backup and restore against pg_dump and pg_restore alone, in the same minutes. */
export async function measureLogical({ lab, primary, bytes, turns, how, size, notJudged }) {
  const times = { own: [], withContent: [], bare: [], piped: [] };
  const peaks = [];
  await bareDump(lab, primary, () => undefined);
  for (let turn = 0; turn < turns; turn += 1) {
    times.bare.push(await bareDump(lab, primary, () => undefined));
    const own = await askProgram('backup-program.mjs', lab.directory, 'logical');
    times.own.push(own.ms);
    const withContent = await askProgram('backup-program.mjs', lab.directory, 'logical-with-content');
    times.withContent.push(withContent.ms);
    peaks.push(own.peakBytes, withContent.peakBytes);
    times.piped.push(await pipedDump(lab, primary));
  }
  const restores = await timeRestores(lab, primary, turns);
  const ratio = (what, own, bare, limit, detail = '') =>
    atMost({
      ...{ what, value: own / bare, limit, unit: 'x', notJudged, how: `${how}, ${size}` },
      detail: `${round(own)} against ${round(bare)} ms${detail}`,
    });
  const [own, bare] = [median(times.own), median(times.bare)];
  return {
    restoreMs: median(restores.own),
    peakBytes: Math.max(...peaks, ...restores.peaks),
    rows: [
      ratio('logical backup, against pg_dump -Fd -j alone', own, bare, 1.15),
      ratio('logical backup, against pg_dump | gzip', own, median(times.piped), 0.5),
      atMost({
        what: 'what the exact expectation of a logical backup adds, a GB',
        value: (Math.max(0, median(times.withContent) - own) / 1000 / bytes) * 1e9,
        ...{ limit: 2, unit: 's', notJudged, how: `${how}, ${size}` },
        detail: `${round(median(times.withContent))} ms with it, which runs beside the dump`,
      }),
      ratio(
        'logical restore, a new cluster included, against pg_restore -j alone into a ready one',
        median(restores.own),
        median(restores.bare),
        1.1,
        `; ${restores.stages}`,
      ),
      {
        what: 'the same, against pg_restore -j into a ready one that syncs nothing',
        measured: `${round(median(restores.own) / median(restores.unsynced))} x (${round(median(restores.unsynced))} ms)`,
        value: median(restores.own) / median(restores.unsynced),
        limit: '',
        met: null,
        how: `${how}, ${size}; not judged: what it loads is lost in a power failure`,
      },
    ],
  };
}

/** The very call that a backup makes, into a folder that `work` may use before it is removed. */
async function bareDump(lab, primary, work) {
  const directory = join(lab.paths.clusters, 'bare-logical');
  await makeOwnedDirectory(directory, primary.account);
  try {
    const args = ['-Fd', '-j', String(jobs), '-Z1', '-w', '-f', join(directory, 'dump')];
    const ms = await timeChild(lab.tools.path('pg_dump'), args, {
      env: toolEnvironment(primary),
      account: primary.account,
      cwd: directory,
    });
    await work(join(directory, 'dump'));
    return ms;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export async function pipedDump(lab, primary) {
  const directory = join(lab.paths.clusters, 'bare-dump');
  await makeOwnedDirectory(directory, primary.account);
  const line = '"$0" -w | gzip > "$1"';
  const ms = await timeChild(
    'bash',
    ['-o', 'pipefail', '-c', line, lab.tools.path('pg_dump'), join(directory, 'dump.gz')],
    { env: toolEnvironment(primary), account: primary.account },
  );
  await rm(directory, { recursive: true });
  return ms;
}

async function timeRestores(lab, primary, turns) {
  const found = { own: [], bare: [], unsynced: [], peaks: [], stages: '' };
  await bareDump(lab, primary, async (dump) => {
    for (let turn = 0; turn < turns; turn += 1) {
      for (const [kind, settings] of Object.entries({ bare: ordinary, unsynced }))
        found[kind].push(
          await withPlace(lab, primary, (place) => bareRestore(lab, primary, dump, place, settings)),
        );
      const own = await withPlace(lab, primary, (place) =>
        askProgram('backup-program.mjs', lab.directory, 'restore-logical', JSON.stringify(place)),
      );
      found.own.push(own.ms);
      found.peaks.push(own.peakBytes);
      found.stages = JSON.stringify(own.stages);
    }
  });
  return found;
}

/** As whoever types pg_restore has it: a server with PostgreSQL's own settings, whose checkpoints do not come too often. */
const ordinary = { max_wal_size: '4GB' };
const unsynced = { ...ordinary, fsync: 'off', full_page_writes: 'off' };

/** Into a cluster made beforehand; its making is not counted, its roles are there. */
async function bareRestore(lab, primary, dump, place, settings) {
  const { tools } = lab;
  await createCluster(tools, place, { settings });
  await startCluster(tools, place);
  const env = { ...toolEnvironment(place), PGDATABASE: 'postgres' };
  const globals = join(place.socketDirectory, 'globals.sql');
  await runTool(tools, 'pg_dumpall', ['--globals-only', '-w', '-f', globals], {
    location: { ...primary, account: place.account },
  });
  // The first role is there already; what else the globals say is needed for owners and grants.
  await timeChild(tools.path('psql'), ['-X', '-q', '-d', 'postgres', '-f', globals], {
    env,
    account: place.account,
  });
  await writePassfile(place, (await readPassword(primary)) ?? '');
  return timeChild(
    tools.path('pg_restore'),
    ['--exit-on-error', '--create', '-j', String(jobs), '-w', '-d', 'postgres', dump],
    { env, account: place.account },
  );
}
