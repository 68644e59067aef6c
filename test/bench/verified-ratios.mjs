import { atMost, round } from './row.mjs';
import { askProgram } from './spawned.mjs';

const gigabyte = 1e9;

/** From a backup to the word that all eight tests passed, against the bare restore; encryption is a row of its own. */
export async function measureVerified({ lab, bytes, restoreMs, how, size, notJudged }) {
  const ask = (what) => askProgram('backup-program.mjs', lab.directory, what);
  const physical = await ask('verify-physical');
  const logical = await ask('verify-logical');
  const proof = await ask('prove-physical');
  const plain = await ask('logical-with-content');
  const encrypted = await ask('logical-encrypted');
  const verdict = ({ passed, tests }) => `${tests} tests passed, ${passed ? 'verified' : 'NOT verified'}`;
  return [
    atMost({
      what: 'physical: all eight tests, beyond the bare restore, a GB',
      value: (Math.max(0, physical.ms - restoreMs.physical) / 1000 / bytes) * gigabyte,
      ...{ limit: 5, unit: 's', notJudged, how: `once after ${how}, ${size}` },
      detail: `${round(physical.ms)} ms, ${verdict(physical)}`,
    }),
    atMost({
      what: 'logical: all eight tests, against the bare restore',
      value: logical.ms / restoreMs.logical,
      ...{ limit: 2, unit: 'x', notJudged, how: `once after ${how}, ${size}` },
      detail: `${round(logical.ms)} ms, ${verdict(logical)}`,
    }),
    {
      what: 'physical: the negative controls',
      measured: `${round(proof.ms)} ms, ${proof.caught} of ${proof.total} caught`,
      value: proof.ms,
      limit: '',
      met: proof.caught === proof.total,
      how: `once, ${size}`,
    },
    {
      what: 'encryption for two recipients',
      measured: `+ ${round(Math.max(0, encrypted.ms - plain.ms))} ms (${round(encrypted.ms)} against ${round(plain.ms)})`,
      value: encrypted.ms / plain.ms,
      limit: '',
      met: null,
      how: `logical backup, once each, ${size}; not judged: no limit is promised`,
    },
  ];
}
