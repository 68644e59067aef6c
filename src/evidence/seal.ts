import { mkdir, readdir, unlink } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Failure, sha256Hex } from '../base/index.js';
import type { Score } from '../assessment/index.js';
import type { Journal } from '../journal/index.js';
import { partialSuffix, syncFolder, writeWhole } from './durable-file.js';
import { signEnvelope } from './dsse.js';
import type { Signer } from './engine-key.js';
import { listRecord } from './sealed-files.js';
import { readRecord, type RecordReading } from './read-record.js';
import { evidenceListSha256 } from './record-files.js';
import type { Redactor } from './redactor.js';
import { renderRecord } from './renderings.js';
import { encodeStatement, testResult, type TestResult } from './statement.js';

export interface Sealed {
  /** SHA-256 of the journal's last line. */
  readonly head: string;
  readonly entries: number;
  readonly statementSha256: string;
  readonly keyId: string;
  readonly result: TestResult;
  readonly score: Score;
}

export interface SealRequest {
  readonly folder: string;
  /** Open, with `run-ended` in it; the caller closes it. */
  readonly journal: Journal;
  readonly signer: Signer;
  /** Knows the secrets of this run. */
  readonly redactor: Redactor;
}

/**
 * Ends a record: scans it for secrets, appends `run-sealed`, renders the reports, states and signs the hash of every file.
 * May be done again after a crash in the middle: what is there already stays, and the same bytes come out. Rejects with
 * `check` when a secret is found (naming file, never value), `invalid` when the record does not verify, `unavailable`
 * when the disk will not have it. The register is the caller's next step: `registerEnd` with what this returns.
 */
export async function sealRecord(request: SealRequest): Promise<Sealed> {
  const { folder, journal, signer } = request;
  await removePartials(folder);
  const before = believed(await readRecord(folder));
  await refuseSecrets(folder, before, request.redactor);
  if (journal.entries.at(-1)?.type !== 'run-sealed') await appendSeal(journal, before);
  const reading = believed(await readRecord(folder));
  const { files, score } = renderRecord(reading.record);
  for (const [file, text] of files) await writeWhole(join(folder, file), text);
  const subjects = await listRecord(folder);
  const result = testResult(score.band);
  const statement = encodeStatement(subjects, result);
  await mkdir(join(folder, 'signatures'), { recursive: true });
  await syncFolder(folder);
  await writeWhole(join(folder, 'signatures', 'engine.pub.pem'), signer.publicKeyPem);
  await writeWhole(join(folder, 'statement.json'), statement);
  await writeWhole(join(folder, 'statement.dsse.json'), signEnvelope(Buffer.from(statement), signer));
  return {
    head: reading.record.head,
    entries: reading.record.entries.length,
    statementSha256: sha256Hex(statement),
    keyId: signer.keyId,
    result,
    score,
  };
}

/**
 * The seal's own entry: `entries` is the number of lines of the journal, this one included, and so equals its own `seq`;
 * `evidenceSha256` is the hash of the sorted lines `<sha256>  <file>`; `ledger` is the last complete line of the ledger.
 */
async function appendSeal(journal: Journal, { record, ledger }: Believed): Promise<void> {
  const sha256 = ledger.hashes.at(-1);
  await journal.append(
    {
      type: 'run-sealed',
      data: {
        entries: journal.entries.length + 1,
        evidenceSha256: evidenceListSha256(record.evidence),
        ledger: sha256 === undefined ? null : { seq: ledger.hashes.length, sha256 },
      },
    },
    { kind: 'engine' },
  );
}

type Believed = RecordReading & { readonly record: NonNullable<RecordReading['record']> };

function believed(reading: RecordReading): Believed {
  const [first] = reading.problems;
  const [strange] = reading.listing.strange;
  const why = first?.text ?? (strange === undefined ? undefined : `${strange.file} is ${strange.what}`);
  if (why === undefined && reading.record !== null) return reading as Believed;
  const more = reading.problems.length > 1 ? ` (and ${reading.problems.length - 1} more)` : '';
  throw new Failure('invalid', `the record cannot be sealed: ${why ?? 'it has no entry'}${more}`, {
    hint: 'See all of it with `firedrill audit` and the folder of the run; what is wrong stays visible, nothing is repaired.',
  });
}

/** Everything that will be sealed and was not made by rendering: evidence, ledger, plan, journal. */
async function refuseSecrets(folder: string, reading: Believed, redactor: Redactor): Promise<void> {
  const found: string[] = [];
  for (const { file } of reading.listing.files) {
    const own = file === 'plan.json' || file === 'journal.jsonl' || file === 'ledger.jsonl';
    if (!own && !file.startsWith('evidence/')) continue;
    const stream = redactor.stream();
    for await (const chunk of createReadStream(join(folder, file), { highWaterMark: 256 * 1024 })) {
      stream.push(chunk as Buffer);
    }
    stream.end();
    if (stream.redactions() > 0) found.push(`${file} (${[...stream.kinds().keys()].join(', ')})`);
  }
  if (found.length === 0) return;
  throw new Failure('check', `a secret was found in ${found.join(' and in ')}: the record is not sealed`, {
    hint: 'Change that secret where it is used first, then decide with the approver what is withheld; the record stays a draft.',
  });
}

async function removePartials(folder: string): Promise<void> {
  for (const place of [folder, join(folder, 'evidence'), join(folder, 'signatures')]) {
    for (const name of await readdir(place).catch(() => [])) {
      if (name.endsWith(partialSuffix)) await unlink(join(place, name));
    }
  }
}
