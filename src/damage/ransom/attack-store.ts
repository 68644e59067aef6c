import { S3Client } from '@aws-sdk/client-s3';
import { Failure } from '../../base/index.js';
import { readCredentialsFile, type S3Store } from '../../store/index.js';
import { attempts, type Attempt, type Prey, type Thief } from './attempts.js';
import { inventory, missingFrom, type KeptVersion } from './inventory.js';

export interface StoreAttack {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Whole keys begin with it. */
  readonly prefix: string;
  /** The stolen keys. */
  readonly credentialsFile: string;
  readonly thief: Thief;
  /** As the bucket's owner looks at it below the prefix, with keys that were not stolen. */
  readonly look: S3Store;
  /** What lay there before; the last of each kind is attacked. */
  readonly before: readonly KeptVersion[];
  /** What the owner does before looking: give itself back the right to read, where a thief has taken it away. */
  readonly mend: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** One attempt, and what came of it. */
export interface AttemptRecord {
  readonly id: string;
  readonly what: string;
  readonly expected: 'denied' | 'allowed';
  readonly answer: 'denied' | 'allowed';
  /** As the store gave it; null: it did not answer with one. */
  readonly status: number | null;
  readonly code: string | null;
  /** The key it was tried on. */
  readonly key: string;
  /** UTC. */
  readonly at: string;
  /** Whether the version that it was tried on can still be read, with the bytes that it had. */
  readonly versionStays: boolean;
}

/**
 * Tries every way to destroy what lies in a bucket, each on a real object of it, and reads that very version again afterwards. What
 * the store answered is recorded, whatever it is. Rejects with `unavailable` when the store does not answer at all.
 */
export async function attackStore(request: StoreAttack): Promise<AttemptRecord[]> {
  const { bucket, prefix, before, look, signal } = request;
  const client = await openThief(request);
  const records: AttemptRecord[] = [];
  try {
    for (const [at, attempt] of attempts.entries()) {
      if (signal.aborted) throw new Failure('cancelled', 'the attack on the store was cancelled');
      // In turn, so that more than one object is put to the test.
      const version = before[at % before.length];
      if (version === undefined) throw new Failure('unavailable', `nothing lies in ${look.describe}`);
      const prey = {
        ...{ client, Bucket: bucket, VersionId: version.versionId },
        Key: `${prefix}/${version.key}`,
      };
      const tried = await tryOne(attempt, request.thief, prey);
      if (tried.answer === 'allowed') await request.mend();
      const missing = missingFrom([version], await inventory(look, version.key));
      records.push({ ...tried, key: version.key, versionStays: missing.length === 0 });
    }
  } finally {
    client.destroy();
  }
  return records;
}

async function tryOne(
  { id, what, expected, send }: Attempt,
  thief: Thief,
  prey: Prey,
): Promise<Omit<AttemptRecord, 'key' | 'versionStays'>> {
  const record = { id, what, expected: expected[thief], at: new Date().toISOString() };
  try {
    await send(prey);
    return { ...record, answer: 'allowed', status: 200, code: null };
  } catch (cause) {
    const { name, $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode ?? null;
    // Silence is no denial.
    if (status === null)
      throw new Failure('unavailable', `the store did not answer the attempt to ${what}`, { cause });
    return { ...record, answer: 'denied', status, code: name ?? null };
  }
}

async function openThief({ endpoint, region, credentialsFile }: StoreAttack): Promise<S3Client> {
  const { accessKeyId, secretAccessKey } = await readCredentialsFile(credentialsFile);
  return new S3Client({
    ...{ endpoint, region, forcePathStyle: true, maxAttempts: 1 },
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}
