import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { guardedFeed } from '../../src/cli/guarded-feed.js';
import { passfilesIn, passwordsIn } from '../../src/cli/known-secrets.js';
import { makeRedactor } from '../../src/evidence/index.js';
import type { OperatorInput, RunFeed } from '../../src/run/index.js';

const by = { kind: 'person', name: 'Ana' } as const;

function feedThatKeeps(received: OperatorInput[]): RunFeed {
  const submit = (input: OperatorInput) => {
    received.push(input);
    return Promise.resolve({ accepted: true } as const);
  };
  return { submit } as unknown as RunFeed;
}

it('a secret that somebody types never reaches the journal, and the refusal does not repeat it', async () => {
  const received: OperatorInput[] = [];
  const redactor = makeRedactor({ secrets: [] });
  const feed = guardedFeed(feedThatKeeps(received), redactor);
  redactor.learn(['correct horse battery']);
  const inputs: OperatorInput[] = [
    { kind: 'note', text: 'the password is correct horse battery', by },
    { kind: 'skip', step: 'a', reason: 'postgres://admin:hunter2hunter2@db/app', by },
    { kind: 'answer', prompt: 'p', answer: { users: 'correct horse battery' }, by },
    { kind: 'answer', prompt: 'p', answer: { done: false }, reason: 'correct horse battery', by },
  ];
  for (const input of inputs) {
    const reply = await feed.submit(input);
    expect(reply).toMatchObject({ accepted: false });
    expect(JSON.stringify(reply)).not.toMatch(/horse|hunter2/);
  }
  expect(received).toEqual([]);
  expect(await feed.submit({ kind: 'note', text: 'the horse is fine', by })).toEqual({ accepted: true });
  expect(received).toHaveLength(1);
});

it('passwords of passfiles are known, escapes undone, short ones left out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'firedrill-passfiles-'));
  try {
    writeFileSync(join(folder, 'a.pass'), 'db:5432:*:ana:pass\\:word\\\\1\n# a comment\nother:1:x:y:short\n');
    writeFileSync(join(folder, 'key.pem'), 'db:5432:*:ana:not a passfile\n');
    expect(passwordsIn([...passfilesIn(folder), join(folder, 'missing.pass')])).toEqual(['pass:word\\1']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
