import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { formatSize } from '../../dist/base/index.js';
import { makeOwnedDirectory, runTool, startCluster, toolEnvironment } from '../../dist/postgres/index.js';
import { databaseBytes, withLab, withPlace, writeOnce } from './bench-lab.mjs';
import { atMost, median, round } from './row.mjs';
import { askProgram } from './spawned.mjs';

const turns = 3;
const gigabyte = 1e9;
const how = `median of ${turns}, in turn, warm`;

/** Backup and restore against PostgreSQL's own tools on the same machine, in the same minute. */
export function measureBackups(scale) {
  return withLab(scale, async (lab, primary) => {
    const bytes = await databaseBytes(primary);
    const size = formatSize(bytes);
    const notJudged = bytes < gigabyte ? `the limit is for 1 GB and more, this is ${size} (--full)` : null;
    const taken = await timeBackups(lab, primary);
    const restored = await timeRestores(lab, primary);
    const ratio = (what, own, bare, limit, detail = '') =>
      atMost({
        ...{ what, value: own / bare, limit, unit: 'x', notJudged },
        detail: `${round(own)} against ${round(bare)} ms${detail}`,
        how: `${how}, ${size}`,
      });
    const peak = Math.max(taken.peakBytes, restored.peakBytes);
    return [
      ratio(
        'backup, against pg_basebackup alone',
        taken.own,
        taken.bare,
        1.15,
        `, of which the copy ${taken.copyMs}`,
      ),
      ratio('backup, against pg_dump | gzip', taken.own, taken.dump, 0.5),
      atMost({
        what: 'what the content expectation adds to a backup, a GB',
        value: (Math.max(0, taken.withContent - taken.own) / 1000 / bytes) * gigabyte,
        ...{ limit: 2, unit: 's', notJudged, how: `${how}, ${size}` },
        detail: `${round(taken.withContent)} ms with it`,
      }),
      ratio(
        'restore to the first acknowledged write, against copy and start',
        restored.own,
        restored.bare,
        1.15,
        `; ${restored.stages}`,
      ),
      atMost({
        what: 'memory of the engine in backup and restore',
        ...{ value: peak / 2 ** 20, limit: 150, unit: 'MB' },
        how: `peak resident size of the program, largest of ${3 * turns}, ${size}`,
      }),
    ];
  });
}

async function timeBackups(lab, primary) {
  const times = { own: [], withContent: [], bare: [], dump: [] };
  const found = [];
  await bareBackup(lab, primary);
  for (let turn = 0; turn < turns; turn += 1) {
    times.bare.push(await bareBackup(lab, primary));
    for (const [kind, what] of [
      ['own', 'backup'],
      ['withContent', 'backup-with-content'],
    ]) {
      const one = await askProgram('backup-program.mjs', lab.directory, what);
      times[kind].push(one.ms);
      found.push(one);
    }
    times.dump.push(await pipedDump(lab, primary));
  }
  const { own, withContent, bare, dump } = times;
  return {
    ...{ own: median(own), withContent: median(withContent), bare: median(bare), dump: median(dump) },
    copyMs: median(found.map(({ copyMs }) => copyMs)),
    peakBytes: Math.max(...found.map(({ peakBytes }) => peakBytes)),
  };
}

/** The very call that a backup makes, and nothing else. */
async function bareBackup(lab, primary) {
  const directory = join(lab.paths.clusters, 'bare-backup');
  await makeOwnedDirectory(directory, primary.account);
  const begin = performance.now();
  const args = ['-Ft', '--compress=server-zstd:1', '-X', 'none', '--checkpoint=fast', '-w'];
  await runTool(lab.tools, 'pg_basebackup', ['-D', directory, ...args], { location: primary });
  const ms = performance.now() - begin;
  await rm(directory, { recursive: true });
  return ms;
}

async function pipedDump(lab, primary) {
  const directory = join(lab.paths.clusters, 'bare-dump');
  await makeOwnedDirectory(directory, primary.account);
  const begin = performance.now();
  const child = spawn(
    'bash',
    ['-o', 'pipefail', '-c', '"$0" -w | gzip > "$1"', lab.tools.path('pg_dump'), join(directory, 'dump.gz')],
    {
      env: toolEnvironment(primary),
      stdio: ['ignore', 'ignore', 'inherit'],
      ...(primary.account === null ? {} : { uid: primary.account.uid, gid: primary.account.gid }),
    },
  );
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`pg_dump | gzip exited with ${code}`);
  const ms = performance.now() - begin;
  await rm(directory, { recursive: true });
  return ms;
}

async function timeRestores(lab, primary) {
  const plain = join(lab.paths.clusters, 'bare-plain');
  await makeOwnedDirectory(plain, primary.account);
  const args = ['-Fp', '-X', 'fetch', '--checkpoint=fast', '-w'];
  await runTool(lab.tools, 'pg_basebackup', ['-D', plain, ...args], { location: primary });
  const [own, bare] = [[], []];
  for (let turn = 0; turn < turns; turn += 1) {
    bare.push(await withPlace(lab, primary, (place) => copyAndStart(lab, plain, place)));
    const restore = (place) =>
      askProgram('backup-program.mjs', lab.directory, 'restore', JSON.stringify(place));
    own.push(await withPlace(lab, primary, restore));
  }
  await rm(plain, { recursive: true });
  const stage = (name) => round(median(own.map(({ stages }) => stages[name])));
  return {
    own: median(own.map(({ ms }) => ms)),
    bare: median(bare),
    stages: `check ${stage('checkMs')}, unpack ${stage('unpackMs')}, recover ${stage('recoverMs')}`,
    peakBytes: Math.max(...own.map(({ peakBytes }) => peakBytes)),
  };
}

/** The same bytes as they lie in a base backup with its WAL: copied, recovered by the server itself, written to. */
async function copyAndStart(lab, plain, place) {
  const begin = performance.now();
  await copyOwned(plain, place);
  await startCluster(lab.tools, place);
  await writeOnce(place);
  return performance.now() - begin;
}

async function copyOwned(from, place) {
  const child = spawn('cp', ['-a', from, place.dataDirectory], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`cp exited with ${code}`);
}
