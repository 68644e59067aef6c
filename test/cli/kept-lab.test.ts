import { expect, it } from 'vitest';
import { labPort } from '../../src/cli/lab-port.js';
import { makePlan } from '../assessment/plan-fixture.js';

it('says of a lab that is kept running that what was restored stays', async () => {
  const port = labPort({
    plan: makePlan(),
    runId: 'run',
    recordDirectory: '/nowhere/record',
    directory: '/nowhere',
    labDirectory: '/nowhere/lab',
    keep: true,
    session: 's1',
    learn: () => undefined,
    attach: () => Promise.reject(new Error('nothing is attached')),
  });
  expect(await port.close()).toEqual({
    released: [],
    leftovers: [],
    kept: ['lab in /nowhere/lab stays up, with what was restored in it'],
  });
});
