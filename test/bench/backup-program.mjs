/**
 * Does one thing with the backups of a lab and prints what it cost as JSON.
 * Usage: node backup-program.mjs LAB backup|backup-with-content|logical|logical-with-content|logical-encrypted
 *        node backup-program.mjs LAB restore|restore-logical LOCATION-AS-JSON
 *        node backup-program.mjs LAB verify-physical|verify-logical|prove-physical
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  findAge,
  inFolder,
  listBackups,
  newIdentity,
  restoreBackup,
  restoreLogical,
  takeBackup,
  takeLogicalBackup,
} from '../../dist/backup/index.js';
import {
  allocateCluster,
  labSigner,
  labStore,
  labTrustedKeys,
  openLab,
  samplePolicy,
  trafficTarget,
} from '../../dist/lab/index.js';
import { openLocalStore } from '../../dist/store/index.js';
import { writeOnce } from './bench-lab.mjs';
import { peakResidentBytes } from './spawned.mjs';

const { proveSet, verifySet } = await import('../../dist/backup/index.js');
const [, , directory, what, given] = process.argv;
const lab = await openLab(directory);
const primary = trafficTarget(lab);
const { tools, paths } = lab;
const store = labStore(lab);
const signer = labSigner(lab);
const scratch = mkdtempSync(join(paths.clusters, 'bench-'));
// PostgreSQL's account writes into a store that is made in it.
chmodSync(scratch, 0o755);

const programs = {
  backup: () => backUp({ staticTables: [], appendOnly: {} }),
  'backup-with-content': () => backUp(samplePolicy),
  logical: () => dump([], 'none'),
  'logical-with-content': () => dump([], 'exact'),
  'logical-encrypted': async () => dump([await recipient('operations'), await recipient('escrow')]),
  restore: () => restore(JSON.parse(given)),
  'restore-logical': () => restoreDump(JSON.parse(given)),
  'verify-physical': () =>
    examine('physical', verifySet, ({ passed, tests }) => ({ passed, tests: count(tests) })),
  'verify-logical': () =>
    examine('logical', verifySet, ({ passed, tests }) => ({ passed, tests: count(tests) })),
  'prove-physical': () => examine('physical', proveSet, ({ caught, total }) => ({ caught, total })),
};

const prepared = what === 'logical-encrypted' ? await prepareKeys() : null;
const begin = performance.now();
const detail = await programs[what]();
const ms = performance.now() - begin;
rmSync(scratch, { recursive: true, force: true });
lab.release();
process.stdout.write(JSON.stringify({ ms, peakBytes: peakResidentBytes(), ...detail }));

async function backUp(policy) {
  const { manifest } = await takeBackup({
    ...{ tools, location: primary, store, kind: 'physical', source: 'lab', policy, signer },
    walDirectory: paths.wal,
  });
  return { copyMs: manifest.times.copyMs, files: manifest.files.reduce((sum, file) => sum + file.bytes, 0) };
}

async function dump(recipients, content = 'exact') {
  // Encrypted sets go into a store of their own: what is compared afterwards is the newest plain one.
  const into = recipients.length === 0 ? store : openLocalStore(join(scratch, 'store'));
  const { manifest } = await takeLogicalBackup({
    ...{ tools, location: primary, store: into, source: 'lab', signer, recipients, content },
  });
  return { expectationMs: manifest.expectation.durationMs };
}

async function newest(kind) {
  const { sets } = await listBackups(store, labTrustedKeys(lab));
  return sets.find(({ manifest }) => manifest.kind === kind);
}

async function restore(into) {
  const set = inFolder(store, await newest('physical'));
  const { stages } = await restoreBackup({
    ...{ tools, set, walDirectory: paths.wal, into, until: 'latest', isolate: true },
    passwordFrom: primary,
  });
  await writeOnce(into);
  return { stages };
}

async function restoreDump(into) {
  const set = inFolder(store, await newest('logical'));
  const { stages } = await restoreLogical({ tools, set, into, passwordFrom: primary });
  await writeOnce(into);
  return { stages };
}

async function examine(kind, work, told) {
  const result = await work({
    ...{ tools, store, set: await newest(kind), trusted: labTrustedKeys(lab), walDirectory: paths.wal },
    ...{ scratch: await allocateCluster(lab, 'scratch'), stagingDirectory: join(scratch, 'staging') },
    ...{ full: true, passwordFrom: primary },
    freshness: { table: 'firedrill.canary', timeColumn: 'written_at', rpoMs: 86_400_000 },
  });
  return told(result);
}

function count(tests) {
  return tests.filter(({ verdict }) => verdict === 'pass').length;
}

async function prepareKeys() {
  const age = await findAge();
  const made = {};
  for (const name of ['operations', 'escrow'])
    made[name] = await newIdentity({ age, path: join(scratch, `${name}.key`) });
  return made;
}

function recipient(name) {
  return prepared[name].recipient;
}
