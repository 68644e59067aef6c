import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSize } from '../../dist/base/index.js';
import { makeOwnedDirectory, runTool, startCluster } from '../../dist/postgres/index.js';
import { databaseBytes, withLab, withPlace, writeOnce } from './bench-lab.mjs';
import { measureLogical, pipedDump } from './logical-ratios.mjs';
import { measureRepository } from './repository-ratios.mjs';
import { atMost, median, notMeasured, round, table } from './row.mjs';
import { askProgram } from './spawned.mjs';
import { timeChild } from './timed-child.mjs';
import {
  measureEncryption,
  measureProof,
  measureVerifiedLogical,
  measureVerifiedPhysical,
} from './verified-ratios.mjs';

const gigabyte = 1e9;

/** Backup and restore against PostgreSQL's own tools on the same machine, in the same minute. */
export function measureBackups(scale, turns, only) {
  const how = `median of ${turns}, in turn, warm`;
  return withLab(scale, async (lab, primary) => {
    const bytes = await databaseBytes(primary);
    const size = formatSize(bytes);
    const notJudged = bytes < gigabyte ? `the limit is for 1 GB and more, this is ${size} (--full)` : null;
    const common = { lab, primary, bytes, turns, how, size, notJudged };
    const restoreMs = {};
    const peaks = [];
    const parts = {
      physical: async () => {
        const { rows, ...physical } = await measurePhysical(common);
        restoreMs.physical = physical.restoreMs;
        peaks.push(physical.peakBytes);
        return rows;
      },
      logical: async () => {
        const { rows, ...logical } = await measureLogical(common);
        restoreMs.logical = logical.restoreMs;
        peaks.push(logical.peakBytes);
        return rows;
      },
      memory: () =>
        atMost({
          what: 'memory of the engine in backup and restore',
          ...{ value: Math.max(...peaks) / 2 ** 20, limit: 150, unit: 'MB' },
          how: `peak resident size of the program, largest of all turns, ${size}`,
        }),
      pgBackRest: () => measureRepository(common),
      'verification of a physical set': () => measureVerifiedPhysical({ ...common, restoreMs }),
      'verification of a logical set': () => measureVerifiedLogical({ ...common, restoreMs }),
      'negative controls': () => measureProof(common),
      encryption: () => measureEncryption(common),
    };
    const rows = [];
    // What cannot be measured costs its own rows only: the others took minutes.
    for (const [name, part] of Object.entries(parts)) {
      if (!name.includes(only)) continue;
      process.stderr.write(`measuring ${name}\n`);
      try {
        const found = [await part()].flat();
        rows.push(...found);
        // Minutes pass between them: whoever must stop early has these.
        process.stderr.write(`${table(found)}\n`);
      } catch (error) {
        rows.push(notMeasured(name, error));
      }
    }
    return rows;
  });
}

async function measurePhysical({ lab, primary, bytes, turns, how, size, notJudged }) {
  const taken = await timeBackups(lab, primary, turns);
  const restored = await timeRestores(lab, primary, turns);
  const ratio = (what, own, bare, limit, detail = '') =>
    atMost({
      ...{ what, value: own / bare, limit, unit: 'x', notJudged },
      detail: `${round(own)} against ${round(bare)} ms${detail}`,
      how: `${how}, ${size}`,
    });
  return {
    restoreMs: restored.own,
    peakBytes: Math.max(taken.peakBytes, restored.peakBytes),
    rows: [
      ratio(
        'physical backup, against pg_basebackup alone',
        taken.own,
        taken.bare,
        1.15,
        `, of which the copy ${taken.copyMs}`,
      ),
      ratio('physical backup, against pg_dump | gzip', taken.own, taken.dump, 0.5),
      atMost({
        what: 'what the content expectation adds to a backup, a GB',
        value: (Math.max(0, taken.withContent - taken.own) / 1000 / bytes) * gigabyte,
        ...{ limit: 2, unit: 's', notJudged, how: `${how}, ${size}` },
        detail: `${round(taken.withContent)} ms with it`,
      }),
      ratio(
        'physical restore to the first acknowledged write, against copy and start',
        restored.own,
        restored.bare,
        1.15,
        `; ${restored.stages}`,
      ),
      {
        what: 'the same, against unpacking such an archive with zstd and tar, and start',
        measured: `${round(restored.own / restored.unpacked, 2)} x (${round(restored.own)} against ${round(restored.unpacked)} ms)`,
        value: restored.own / restored.unpacked,
        limit: '',
        met: null,
        how: `${how}, ${size}; not judged: what a restore of compressed bytes costs without firedrill`,
      },
    ],
  };
}

async function timeBackups(lab, primary, turns) {
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

async function timeRestores(lab, primary, turns) {
  const plain = join(lab.paths.clusters, 'bare-plain');
  await makeOwnedDirectory(plain, primary.account);
  const args = ['-X', 'fetch', '--checkpoint=fast', '-w'];
  await runTool(lab.tools, 'pg_basebackup', ['-Fp', '-D', plain, ...args], { location: primary });
  const packed = join(lab.paths.clusters, 'bare-packed');
  await makeOwnedDirectory(packed, primary.account);
  await runTool(lab.tools, 'pg_basebackup', ['-Ft', '--compress=server-zstd:1', '-D', packed, ...args], {
    location: primary,
  });
  const [own, bare, unpacked] = [[], [], []];
  for (let turn = 0; turn < turns; turn += 1) {
    bare.push(await withPlace(lab, primary, (place) => copyAndStart(lab, plain, place)));
    unpacked.push(await withPlace(lab, primary, (place) => unpackAndStart(lab, packed, place)));
    const restore = (place) =>
      askProgram('backup-program.mjs', lab.directory, 'restore', JSON.stringify(place));
    own.push(await withPlace(lab, primary, restore));
  }
  await rm(plain, { recursive: true });
  await rm(packed, { recursive: true });
  const stage = (name) => round(median(own.map(({ stages }) => stages[name])));
  return {
    own: median(own.map(({ ms }) => ms)),
    bare: median(bare),
    unpacked: median(unpacked),
    stages: `check ${stage('checkMs')}, unpack ${stage('unpackMs')}, recover ${stage('recoverMs')}`,
    peakBytes: Math.max(...own.map(({ peakBytes }) => peakBytes)),
  };
}

/** The same bytes as they lie in a base backup with its WAL: copied, recovered by the server itself, written to. */
async function copyAndStart(lab, plain, place) {
  const begin = performance.now();
  await timeChild('cp', ['-a', plain, place.dataDirectory]);
  await startCluster(lab.tools, place);
  await writeOnce(place);
  return performance.now() - begin;
}

/** What one would type without firedrill. */
async function unpackAndStart(lab, packed, place) {
  const begin = performance.now();
  await makeOwnedDirectory(place.dataDirectory, place.account);
  const archive = join(packed, 'base.tar.zst');
  const program = ['-b', '256', '--use-compress-program=zstd'];
  await timeChild('tar', [...program, '-x', '-p', '--same-owner', '-C', place.dataDirectory, '-f', archive]);
  await startCluster(lab.tools, place);
  await writeOnce(place);
  return performance.now() - begin;
}
