import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { labDown, observeLab } from '../../src/lab/index.js';
import { readLedger } from '../../src/sentinel/index.js';
import { eventually, makeTestLab } from './lab-fixture.js';

it('ends the observer before what it observes: the drill that ended with an outage of its own removal', async () => {
  const test = await makeTestLab({ scale: 0.05 });
  const { ledger } = await observeLab(test.lab, {
    recordDirectory: join(test.outside, 'record'),
    session: 's',
    intervalMs: 50,
  });
  const lines = () => readLedger(readFileSync(ledger, 'utf8')).lines;
  await eventually('the application seen', () => lines().some((line) => line.kind === 'state'));
  const { released } = await labDown(test.lab);
  expect(released.indexOf('process sentinel')).toBeGreaterThanOrEqual(0);
  expect(released.indexOf('process sentinel')).toBeLessThan(released.indexOf('process application'));
  expect(lines().filter((line) => line.kind === 'state' && line.state === 'failing')).toEqual([]);
  expect(await test.down()).toEqual([]);
});
