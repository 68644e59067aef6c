import type { Proof, Verification, VerificationTest } from '../../backup/index.js';
import { formatDuration } from '../../base/index.js';
import { toned, type Tone } from './colour.js';

const signs: { readonly [verdict in VerificationTest['verdict']]: readonly [string, Tone] } = {
  pass: ['✓', 'good'],
  fail: ['✗', 'bad'],
  'not-run': ['–', 'doubtful'],
};

/** The eight tests with their evidence. */
export function testLines({ tests, required }: Verification, colour: boolean): string[] {
  return tests.flatMap(({ n, title, verdict, evidence }) => {
    const [sign, tone] = signs[verdict];
    const [first = '', ...more] = evidence.slice(0, 4);
    const said = verdict === 'not-run' ? `not run${required.includes(n) ? '' : ' (not required)'}` : verdict;
    const left = evidence.length - 4;
    return [
      `${toned(sign, tone, colour)} ${n} ${title}: ${toned(said, tone, colour)}`,
      ...[first, ...more, ...(left > 0 ? [`and ${left} more`] : [])].map((one) => `    ${one}`),
    ];
  });
}

/** One line that cannot be misread: a partial verification never calls the backup verified. */
export function verificationSummary(result: Verification): string {
  const { tests, required, scope, passed, set, restoreMs } = result;
  const ofRequired = tests.filter((one) => required.includes(one.n));
  const good = ofRequired.filter((one) => one.verdict === 'pass').length;
  const figures = `${good}/${required.length} required tests passed`;
  const others = tests.filter((one) => one.verdict === 'not-run').map((one) => one.n);
  const notRun = others.length === 0 ? '' : ` · not run: ${others.join(', ')}`;
  const restored = restoreMs === null ? '' : ` · restored in ${formatDuration(restoreMs)}`;
  if (!passed) return `${set}: NOT verified · ${figures}${notRun}${restored}`;
  if (scope === 'partial')
    return `${set}: partial, files only; whether it restores was not tried · ${figures}${notRun}`;
  return `${set}: verified · ${figures}${notRun}${restored}`;
}

/** Every fault that was seeded, and whether its test noticed; what could not be seeded is named, and never counted. */
export function proofLines({ controls, skipped }: Proof, colour: boolean): string[] {
  return [
    'seeded faults:',
    ...controls.map(({ caught, test, title, evidence }) => {
      const [sign, tone] = caught ? signs.pass : signs.fail;
      const said = caught ? 'caught' : 'NOT caught';
      return `${toned(sign, tone, colour)} ${title}: ${toned(said, tone, colour)} by test ${test}: ${evidence[0] ?? ''}`;
    }),
    ...skipped.map(({ title, why }) => `${toned('–', 'doubtful', colour)} ${title}: not exercised: ${why}`),
  ];
}

/** The end of the summary; a fault that could not be seeded is counted apart, so that nobody takes all caught for all tried. */
export function proofSummary({ caught, total, skipped }: Proof): string {
  const left = skipped.length === 0 ? '' : ` · ${skipped.length} not exercised`;
  return ` · ${caught}/${total} seeded faults caught${left}`;
}
