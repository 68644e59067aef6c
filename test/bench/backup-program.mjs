/**
 * Takes one backup of a lab, or restores its newest one, and prints what it cost as JSON.
 * Usage: node backup-program.mjs LAB backup|backup-with-content
 *        node backup-program.mjs LAB restore LOCATION-AS-JSON
 */
import { listBackups, restoreBackup, takeBackup } from '../../dist/backup/index.js';
import {
  labSigner,
  labStore,
  labTrustedKeys,
  openLab,
  samplePolicy,
  trafficTarget,
} from '../../dist/lab/index.js';
import { writeOnce } from './bench-lab.mjs';
import { peakResidentBytes } from './spawned.mjs';

const [, , directory, what, given] = process.argv;
const lab = await openLab(directory);
const primary = trafficTarget(lab);
const { tools, paths } = lab;
const begin = performance.now();
const detail =
  what === 'restore' ? await restore(JSON.parse(given)) : await backUp(what === 'backup-with-content');
const ms = performance.now() - begin;
lab.release();
process.stdout.write(JSON.stringify({ ms, peakBytes: peakResidentBytes(), ...detail }));

async function backUp(withContent) {
  const { manifest } = await takeBackup({
    ...{ tools, location: primary, store: labStore(lab), kind: 'physical' },
    policy: withContent ? samplePolicy : { staticTables: [], appendOnly: {} },
    walDirectory: paths.wal,
    signer: labSigner(lab),
  });
  return { copyMs: manifest.times.copyMs, files: manifest.files.reduce((sum, file) => sum + file.bytes, 0) };
}

async function restore(into) {
  const { sets } = await listBackups(labStore(lab), labTrustedKeys(lab));
  const { stages } = await restoreBackup({
    ...{ tools, set: sets[0], walDirectory: paths.wal, into },
    until: 'latest',
    isolate: true,
    passwordFrom: primary,
  });
  await writeOnce(into);
  return { stages };
}
