import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { Failure, sha256Hex } from '../base/index.js';
import type { DamagedPage } from './ground-truth.js';
import { findTuples, pageBytes } from './heap-page-layout.js';
import type { RelationFile } from './relation-file.js';

const tuplesPerPage = 3;
const bytesPerTuple = 16;

/** What would be done to this page; null when it holds no row. Reads the file, changes nothing. */
export function planPageDamage(relation: RelationFile, page: number): DamagedPage | null {
  const { file, offset } = relation.place(page);
  const before = readPage(file, offset);
  const tuples = findTuples(before);
  const step = Math.max(1, Math.floor(tuples.length / tuplesPerPage));
  const hit = tuples.filter((_, index) => index % step === 0).slice(0, tuplesPerPage);
  if (hit.length === 0) return null;
  const damaged = hit.map((tuple) => {
    const bytes = Math.min(bytesPerTuple, tuple.dataBytes);
    return { at: tuple.dataOffset + Math.floor((tuple.dataBytes - bytes) / 2), bytes };
  });
  return {
    page,
    file,
    offset,
    damaged,
    ctids: hit.map((tuple) => `(${page},${tuple.line})`),
    beforeSha256: sha256Hex(before),
    afterSha256: sha256Hex(turnedOver(before, damaged)),
    plannedAt: new Date().toISOString(),
    at: null,
    failedRead: null,
  };
}

/**
 * Turns the planned bytes over, on disk when it returns; done already counts as done. Rejects with `unknown-outcome` when the
 * page is neither what it was nor what it was to become.
 */
export function damagePage(plan: DamagedPage): DamagedPage {
  const now = readPage(plan.file, plan.offset);
  const found = sha256Hex(now);
  if (found === plan.afterSha256) return { ...plan, at: plan.at ?? plan.plannedAt };
  if (found !== plan.beforeSha256) {
    throw new Failure(
      'unknown-outcome',
      `page ${plan.page} of ${plan.file} changed since its damage was planned`,
    );
  }
  const at = new Date().toISOString();
  const bytes = turnedOver(now, plan.damaged);
  const descriptor = openSync(plan.file, 'r+');
  try {
    // One write from the first damaged byte to the last: a crash leaves all of it or nothing.
    const from = Math.min(...plan.damaged.map((run) => run.at));
    const to = Math.max(...plan.damaged.map((run) => run.at + run.bytes));
    writeSync(descriptor, bytes, from, to - from, plan.offset + from);
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return { ...plan, at };
}

/** Whether the damage still stands on disk. */
export function isDamaged(page: DamagedPage): boolean {
  return sha256Hex(readPage(page.file, page.offset)) === page.afterSha256;
}

function turnedOver(page: Uint8Array, runs: DamagedPage['damaged']): Buffer {
  const copy = Buffer.from(page);
  for (const run of runs) {
    for (let at = run.at; at < run.at + run.bytes; at += 1) copy[at] = (copy[at] ?? 0) ^ 0xff;
  }
  return copy;
}

function readPage(file: string, offset: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const page = Buffer.alloc(pageBytes);
    const read = readSync(descriptor, page, 0, pageBytes, offset);
    if (read !== pageBytes)
      throw new Failure('check', `only ${read} bytes of a page at ${offset} of ${file}`);
    return page;
  } finally {
    closeSync(descriptor);
  }
}
