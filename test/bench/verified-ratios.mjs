import { atMost, round } from './row.mjs';
import { askProgram } from './spawned.mjs';

const gigabyte = 1e9;

/** However fast: what was not verified has met nothing. */
const ifVerified = ({ passed }, row) => (passed ? row : { ...row, met: false });

const verdict = ({ passed, tests }) => `${tests} tests passed, ${passed ? 'verified' : 'NOT verified'}`;

/** From a backup to the word that all eight tests passed, beyond the bare restore. */
export async function measureVerifiedPhysical({ lab, bytes, restoreMs, how, size, notJudged }) {
  const physical = await askProgram('backup-program.mjs', lab.directory, 'verify-physical');
  return ifVerified(
    physical,
    atMost({
      what: 'physical: all eight tests, beyond the bare restore, a GB',
      value: (Math.max(0, physical.ms - restoreMs.physical) / 1000 / bytes) * gigabyte,
      ...{ limit: 5, unit: 's', notJudged, how: `once after ${how}, ${size}` },
      detail: `${round(physical.ms)} ms, ${verdict(physical)}`,
    }),
  );
}

export async function measureVerifiedLogical({ lab, restoreMs, how, size, notJudged }) {
  const logical = await askProgram('backup-program.mjs', lab.directory, 'verify-logical');
  return ifVerified(
    logical,
    atMost({
      what: 'logical: all eight tests, against the bare restore',
      value: logical.ms / restoreMs.logical,
      ...{ limit: 2, unit: 'x', notJudged, how: `once after ${how}, ${size}` },
      detail: `${round(logical.ms)} ms, ${verdict(logical)}`,
    }),
  );
}

export async function measureProof({ lab, size }) {
  const proof = await askProgram('backup-program.mjs', lab.directory, 'prove-physical');
  return {
    what: 'physical: the negative controls',
    measured: `${round(proof.ms)} ms, ${proof.caught} of ${proof.total} caught`,
    value: proof.ms,
    limit: '',
    met: proof.caught === proof.total,
    how: `once, ${size}`,
  };
}

/** A row of its own: the other ratios are without it. */
export async function measureEncryption({ lab, size }) {
  const plain = await askProgram('backup-program.mjs', lab.directory, 'logical-with-content');
  const encrypted = await askProgram('backup-program.mjs', lab.directory, 'logical-encrypted');
  return {
    what: 'encryption for two recipients',
    measured: `+ ${round(Math.max(0, encrypted.ms - plain.ms))} ms (${round(encrypted.ms)} against ${round(plain.ms)})`,
    value: encrypted.ms / plain.ms,
    limit: '',
    met: null,
    how: `logical backup, once each, ${size}; not judged: no limit is promised`,
  };
}
