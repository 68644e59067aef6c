import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { examineFiles } from './examine-files.js';
import { examineRestored } from './examine-restored.js';
import { requireFreePlace } from './require-free-place.js';
import { removeIsolated, shippedWalIn } from './restore-isolated.js';
import {
  notRun,
  requiredTests,
  testNumbers,
  verificationTitles,
  type Outcomes,
  type Verification,
} from './verification.js';
import type { VerifyRequest } from './verify-request.js';

/**
 * Runs the eight tests on a set of any kind in any store: on its files as the store gives them, then, when `full`, on an isolated
 * restore. Everything it started and made is gone when it returns or rejects; the set, its store and the source server are only read.
 */
export async function verifySet(request: VerifyRequest): Promise<Verification> {
  const startedAt = new Date().toISOString();
  const { set, full, scratch, stagingDirectory } = request;
  const sealed = set.manifest.files.some((file) => file.plain !== undefined);
  const required = request.required ?? requiredTests(sealed, full);
  await requireFreePlace(scratch);
  const { passfile } = scratch;
  // One that is there already belongs to somebody: other clusters may be reached through it.
  const ownPassfile = passfile !== null && !existsSync(passfile) ? passfile : null;
  // The same goes for a folder.
  const ownStaging = !existsSync(stagingDirectory);
  let outcomes: Outcomes = {};
  let restoreMs: number | null = null;
  try {
    const examined = await examineFiles(request);
    outcomes = examined.outcomes;
    const { opened, walDirectory } = examined;
    const sound = outcomes[1]?.verdict === 'pass' && outcomes[3]?.verdict === 'pass';
    if (full && sound && opened !== null)
      restoreMs = await examineRestored(request, opened, walDirectory, outcomes);
  } finally {
    if (full) await removeIsolated(scratch);
    else await rm(shippedWalIn(scratch), { recursive: true, force: true, maxRetries: 3 });
    if (full && ownPassfile !== null) await rm(ownPassfile, { force: true });
    if (ownStaging) await rm(stagingDirectory, { recursive: true, force: true, maxRetries: 3 });
  }
  const tests = testNumbers.map((n) => {
    const outcome = outcomes[n] ?? notRun(whyNot(n, request, outcomes));
    request.output?.(
      `test ${n}, ${verificationTitles[n]}: ${outcome.verdict}: ${outcome.evidence.slice(0, 3).join('; ')}\n`,
    );
    return { n, title: verificationTitles[n], ...outcome };
  });
  return {
    set: set.id,
    scope: full ? 'full' : 'partial',
    tests,
    passed: required.every((n) => tests.some((test) => test.n === n && test.verdict === 'pass')),
    required,
    restoreMs,
    startedAt,
    endedAt: new Date().toISOString(),
  };
}

function whyNot(n: number, { full }: VerifyRequest, outcomes: Outcomes): string {
  const [first] = outcomes[2]?.verdict === 'not-run' ? outcomes[2].evidence : [];
  if (first?.includes('no identity') === true)
    return 'the set is encrypted, and no identity is here to open it';
  if (n > 3 && !full) return 'only the files were asked for: `--full` restores the set too';
  return n > 3 ? 'nothing was restored, because an earlier test failed' : 'an earlier test failed';
}
