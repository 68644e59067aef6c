import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../base/index.js';
import { auditFiles } from './audit-files.js';
import { auditJournal } from './audit-journal.js';
import { auditPeople } from './audit-people.js';
import { auditRegister } from './audit-register.js';
import { auditRenderings } from './audit-renderings.js';
import { verdictOf, type AuditFinding, type AuditOptions, type AuditResult } from './audit-result.js';
import { auditStatement } from './audit-statement.js';
import { hashFile } from './durable-file.js';
import { readRecord } from './read-record.js';

/**
 * Checks the record of a run, offline, believing nothing in it. Whatever the files say becomes a finding; only a folder, a
 * trust file that cannot be read rejects with a `Failure` (`unavailable`).
 */
export async function auditRecord(folder: string, options: AuditOptions = {}): Promise<AuditResult> {
  await mustBeFolder(folder);
  const reading = await readRecord(folder);
  const sealed = reading.journal.entries.findLast((entry) => entry.type === 'run-sealed');
  const statement = await auditStatement(folder, { trust: options.trust, sealedAt: sealed?.at ?? null });
  const journal = auditJournal(reading, statement.present, options.expectHead);
  const files = await auditFiles(folder, reading, statement.statement);
  const people = await auditPeople(folder, reading.listing, options.trust);
  const [first] = reading.journal.entries;
  const runId =
    first?.type === 'run-opened' && typeof first.data.runId === 'string' ? first.data.runId : null;
  const hasStatement = reading.listing.files.some(({ file }) => file === 'statement.json');
  const register = await auditRegister(folder, options.register, {
    runId,
    hashes: reading.journal.hashes,
    statementSha256: hasStatement ? (await hashFile(join(folder, 'statement.json'))).sha256 : null,
  });
  const believable = reading.record !== null && reading.problems.length === 0 && journal.seal !== null;
  const renderings = believable
    ? await auditRenderings(folder, reading.record, statement.statement)
    : ({
        findings: [],
        notProven: ['whether report and score follow from the journal: they were not computed again'],
        renderings: 'not-checked',
      } as const);

  const findings: AuditFinding[] = [
    ...reading.problems,
    ...journal.findings,
    ...files,
    ...statement.findings,
    ...people.findings,
    ...renderings.findings,
    ...register.findings,
  ];
  const verdict = verdictOf(findings);
  const vouched = people.people.some(({ status }) => status === 'trusted');
  return {
    folder,
    verdict,
    runId,
    head: reading.journal.head,
    entries: reading.journal.entries.length,
    findings,
    notProven: [
      ...(statement.signer.status === 'unverified'
        ? ['who signed: nobody said whose key it is (--trust)']
        : []),
      ...(options.expectHead === undefined && !register.anchored && !vouched
        ? [
            'that all of it was not made anew by whoever holds the key: nothing outside the record was compared (--expect-head, --register, a person’s signature)',
          ]
        : []),
      ...renderings.notProven,
      ...register.notProven,
      ...people.notProven,
      'the time of day: it is that of the engine’s own clock, no third party stamped it',
      'that the machine the engine ran on was honest',
    ],
    signer: statement.signer,
    people: people.people,
    renderings: renderings.renderings,
    missingRuns: register.missingRuns,
    exit: verdict === 'intact' ? 0 : 1,
  };
}

async function mustBeFolder(folder: string): Promise<void> {
  const status = await lstat(folder).catch(() => null);
  if (status?.isDirectory() === true) return;
  throw new Failure('unavailable', `${folder} is ${status === null ? 'not there' : 'no folder'}`, {
    hint: 'Name the folder of a run, for example `firedrill audit reports/2027-01-17T010203Z-database-corruption-k3f9`.',
    retryable: false,
  });
}
