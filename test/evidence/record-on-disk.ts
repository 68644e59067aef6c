import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '../../src/base/index.js';
import {
  encodeSurvivors,
  makeRedactor,
  openArtefacts,
  sealRecord,
  signerOf,
  type Redactor,
  type Sealed,
  type Signer,
} from '../../src/evidence/index.js';
import { encodeLine, firstPrev, openJournal, type FileJournal } from '../../src/journal/index.js';
import type { Entry, EvidenceRef } from '../../src/run/index.js';
import { buildRun, type Variation } from '../assessment/run-fixture.js';

export const runId = '2027-01-17T010000Z-database-corruption-k3f9';

export interface RecordOnDisk {
  /** The programme's `reports` folder, and the record in it. */
  readonly reports: string;
  readonly folder: string;
  readonly scratch: string;
  readonly redactor: Redactor;
}

const folders: string[] = [];

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-evidence-'));
  folders.push(folder);
  return folder;
}

export async function removeTemporaryFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

export function newSigner(): Signer {
  return signerOf(generateKeyPairSync('ed25519').privateKey);
}

export function lineHashes(text: string): string[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => sha256Hex(line));
}

/** Rewrites every line so that each names the one before: what somebody would do who wants to hide a change. */
export function rechained(lines: readonly string[]): string {
  let prev = firstPrev;
  return lines
    .map((line, index) => {
      const again = JSON.stringify({ ...(JSON.parse(line) as object), seq: index + 1, prev });
      prev = sha256Hex(again);
      return `${again}\n`;
    })
    .join('');
}

/** A whole run that ended and is not sealed: real journal lines, a real ledger, real evidence files. */
export async function recordOnDisk(
  options: { readonly secrets?: readonly string[]; readonly how?: Variation; readonly output?: string } = {},
): Promise<RecordOnDisk> {
  const root = await temporaryFolder();
  const reports = join(root, 'reports');
  const folder = join(reports, runId);
  const scratch = join(root, 'scratch');
  await mkdir(folder, { recursive: true });
  const redactor = makeRedactor({ secrets: options.secrets ?? [] });
  const artefacts = openArtefacts({ recordDirectory: folder, scratchDirectory: scratch, redactor });
  const run = buildRun({ ...options.how, sealed: false });

  const ledger = rechained(run.ledger.map((line) => JSON.stringify(line)));
  if (ledger !== '') await writeFile(join(folder, 'ledger.jsonl'), ledger);
  const plan = `${JSON.stringify(run.plan, null, 2)}\n`;
  await writeFile(join(folder, 'plan.json'), plan);
  const sink = artefacts.openOutput('output of restore, attempt 1');
  sink.write(options.output ?? 'restored 12 relations\n');
  const output = await sink.close();
  const list = await artefacts.attach('surviving commits', encodeSurvivors(run.survivors ?? []), 'json');
  await writeFile(
    join(folder, 'journal.jsonl'),
    journalText(run.entries, { plan, ledger, output: output === null ? [] : [output], list }),
  );
  return { reports, folder, scratch, redactor };
}

function journalText(
  entries: readonly Entry[],
  made: { plan: string; ledger: string; output: readonly EvidenceRef[]; list: EvidenceRef },
): string {
  const ledgerHashes = lineHashes(made.ledger);
  const head = { seq: ledgerHashes.length, sha256: ledgerHashes.at(-1) ?? firstPrev };
  let prev = firstPrev;
  let text = '';
  for (const { seq, at, mono, session, actor, ...event } of entries) {
    let data: object = event.data;
    if (event.type === 'run-opened') data = { ...data, planSha256: sha256Hex(made.plan) };
    if (event.type === 'survivors-listed') data = { ...data, ledger: head, evidence: [made.list] };
    if (event.type === 'message-sent') data = { ...data, head: prev };
    if (event.type === 'step-succeeded' && event.data.step === 'restore')
      data = { ...data, evidence: made.output };
    const line = encodeLine({ seq, prev, at, mono, session }, { ...event, data } as never, actor);
    prev = line.sha256;
    text += line.text;
  }
  return text;
}

export async function openItsJournal(record: RecordOnDisk): Promise<FileJournal> {
  let ms = Date.parse('2027-01-17T03:00:00.000Z');
  return openJournal({
    file: join(record.folder, 'journal.jsonl'),
    session: 's1',
    clock: { now: () => (ms += 1), mono: () => 7_200_000 },
    leaseDirectory: join(record.scratch, 'leases'),
    runId,
    identity: { current: () => ({ pid: 1, startTicks: '1', bootId: 'b' }), isAlive: () => false },
  });
}

export async function seal(record: RecordOnDisk, signer: Signer): Promise<Sealed> {
  const journal = await openItsJournal(record);
  try {
    return await sealRecord({ folder: record.folder, journal, signer, redactor: record.redactor });
  } finally {
    await journal.close();
  }
}

export async function sha256OfFile(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
