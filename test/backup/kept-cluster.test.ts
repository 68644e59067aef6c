import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { keptClusters, noteKeptCluster, readSwapNote } from '../../src/backup/index.js';
import type { Failure } from '../../src/base/index.js';
import { failureOf } from '../postgres/failure-of.js';

const root = mkdtempSync(join(tmpdir(), 'fd-kept-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const data = join(root, 'main');

const look = async () => {
  const damaged: Failure[] = [];
  const found = await keptClusters(data, (failure) => damaged.push(failure));
  return { names: found.map(({ directory }) => directory), damaged };
};

it('a damaged note of a kept cluster is told, hides no other, loses nothing, and comes back as told', async () => {
  const [good, bad] = [`${data}_before_20261127T010000Z`, `${data}_before_20261127T020000Z`];
  for (const directory of [data, good, bad]) {
    mkdirSync(directory);
    writeFileSync(join(directory, 'PG_VERSION'), '15');
  }
  await noteKeptCluster(good, data);
  const note = `${bad}.firedrill-kept.json`;
  for (const [text, why] of [
    ['', 'it is empty'],
    ['{"format":"firedrill-ke', 'it is not JSON'],
    ['[]', 'it is no JSON object'],
    ['{"format":"firedrill-kept-cluster-1"}', 'it names no dataDirectory'],
    [`{"format":"firedrill-kept-cluster-1","dataDirectory":"${data}"}`, 'it says no time'],
  ] as const) {
    writeFileSync(note, text);
    const { names, damaged } = await look();
    expect(names).toEqual([good]);
    expect(damaged).toHaveLength(1);
    expect(damaged[0]!.message).toContain(`${note}, the note of a kept cluster, cannot be used: ${why}`);
    expect(readFileSync(note, 'utf8')).toBe(text);
    expect(readdirSync(bad)).toEqual(['PG_VERSION']);
  }
  const [, typed = ''] = /type `(.*)`\.$/.exec((await look()).damaged[0]?.hint ?? '') ?? [];
  execFileSync('sh', ['-c', typed]);
  expect(await look()).toMatchObject({ names: [good, bad], damaged: [] });
});

it('a damaged note of a swap is refused with what to look at, not a bug', async () => {
  writeFileSync(`${data}.firedrill-swap.json`, '{"format":');
  const failure = await failureOf(readSwapNote(data));
  expect(failure).toMatchObject({ reason: 'refused' });
  expect(failure.message).toContain(`${data}.firedrill-swap.json is no note of a swap`);
});
