import { Failure } from '../base/index.js';
import { sqlState, type Session } from '../postgres/index.js';
import { choosePages } from './choose-pages.js';
import { damagePage, isDamaged, planPageDamage } from './damage-page.js';
import {
  readGroundTruth,
  writeGroundTruth,
  type DamagedPage,
  type FailedRead,
  type HeapGroundTruth,
} from './ground-truth.js';
import { locateRelation, type RelationFile } from './relation-file.js';

export interface HeapDamageRequest {
  /** A superuser's session on the database that holds the relation; `pg_buffercache` is installed in it. */
  readonly session: Session;
  readonly dataDirectory: string;
  /** Nothing outside this folder is touched. */
  readonly allowedRoot: string;
  readonly relation: string;
  /** How many pages are to be unreadable. */
  readonly pages: number;
  /** Where the truth is kept, one file a fault: asking again with the same file never damages twice. */
  readonly truthFile: string;
  /** Asked right before the first byte is written; rejects to forbid it. */
  readonly confirm: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** How many more pages than asked for may be hit when some turn out to be served from the cache. */
const spare = 4;

/**
 * Damages bytes inside rows on disk and proves it by the server's own failed read of each page. Rejects with `check` when a
 * cluster without checksums, or a cache that holds every page, lets the reads succeed.
 */
export async function damageHeapPages(request: HeapDamageRequest): Promise<HeapGroundTruth> {
  const begun = readGroundTruth(request.truthFile);
  if (begun !== null && begun.provenAt !== null) return begun;
  const { session } = request;
  const relation = await locateRelation(
    session,
    request.dataDirectory,
    request.allowedRoot,
    request.relation,
  );
  await requireChecksums(session);
  let truth: HeapGroundTruth = begun ?? {
    v: 1,
    kind: 'heap-pages',
    relation: relation.name,
    relationPages: relation.pages,
    pages: [],
    provenAt: null,
  };
  const keep = (pages: readonly DamagedPage[]) => {
    truth = { ...truth, pages };
    writeGroundTruth(request.truthFile, truth);
  };
  const proven = () => truth.pages.filter((page) => page.failedRead !== null).length;
  for (;;) {
    if (request.signal.aborted) throw new Failure('cancelled', `damaging ${relation.name} was cancelled`);
    // What an earlier attempt intended is finished and proven before anything more is damaged.
    if (truth.pages.some((page) => page.at === null)) await request.confirm();
    for (const [index, page] of truth.pages.entries()) {
      if (page.at === null) keep(truth.pages.with(index, damagePage(page)));
    }
    const proved: DamagedPage[] = [];
    for (const page of truth.pages)
      proved.push(page.failedRead === null ? await prove(session, relation, page) : page);
    if (proved.length > 0) keep(proved);
    const missing = request.pages - proven();
    if (missing <= 0) break;
    if (truth.pages.length + missing > request.pages + spare)
      throw new Failure(
        'check',
        `${truth.pages.length} pages of ${relation.name} damaged, only ${proven()} unreadable`,
      );
    // Writes what the server still holds in memory, so that it does not write over the damage later.
    await session.query('checkpoint');
    keep([...truth.pages, ...(await planPages(session, relation, missing, truth.pages))]);
  }
  truth = { ...truth, provenAt: new Date().toISOString() };
  writeGroundTruth(request.truthFile, truth);
  return truth;
}

async function planPages(
  session: Session,
  relation: RelationFile,
  count: number,
  already: readonly DamagedPage[],
): Promise<readonly DamagedPage[]> {
  const except = new Set(already.map((page) => page.page));
  for (;;) {
    const plans: DamagedPage[] = [];
    let skipped = false;
    for (const page of await choosePages(session, relation, count, except)) {
      const plan = planPageDamage(relation, page);
      if (plan !== null) plans.push(plan);
      else skipped = true;
      except.add(page);
    }
    if (plans.length > 0 || !skipped) return plans;
  }
}

/** Reads this page alone, from the heap. A server that still has it in memory answers; then it is read again a little later. */
async function prove(session: Session, relation: RelationFile, page: DamagedPage): Promise<DamagedPage> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const failedRead = await readPageThroughServer(session, relation, page.page);
    if (failedRead !== null) return { ...page, failedRead };
    if (!isDamaged(page)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return page;
}

async function readPageThroughServer(
  session: Session,
  relation: RelationFile,
  page: number,
): Promise<FailedRead | null> {
  try {
    await session.query(
      `select count(*) from only ${relation.name} where ctid >= '(${page},0)'::tid and ctid < '(${page + 1},0)'::tid`,
    );
    return null;
  } catch (error) {
    if (!(error instanceof Failure) || sqlState(error) !== 'XX001') throw error;
    return { at: new Date().toISOString(), sqlState: 'XX001', message: error.message };
  }
}

async function requireChecksums(session: Session): Promise<void> {
  const [row] = await session.query(`select current_setting('data_checksums') as checksums`);
  if (row?.['checksums'] !== 'on')
    throw new Failure(
      'check',
      'the cluster has no checksums: damaged bytes would be read as if they were right',
    );
}
