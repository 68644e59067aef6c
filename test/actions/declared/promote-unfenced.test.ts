import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFingerprint } from '../../../src/postgres/index.js';
import { firedrill, readNewest, type LiveRecord } from './live-run.js';
import { makeTwoRegions, type TwoRegions } from './two-regions.js';

const follow = ['run', 'runbooks/datacenter-outage.yaml', '--environment', 'production', '--view', 'plain'];
const reason = 'the provider cut the power of region A, says Dee on the phone';

let ground: TwoRegions;
let record: LiveRecord;
let text: string;
beforeAll(async () => {
  ground = await makeTwoRegions();
  ground.declare({ without: ['fence'] });
  const startedAt = new Date().toISOString();
  await ground.freeze();
  const run = firedrill(ground.programme, [...follow, '--started-at', startedAt]);
  await run.sees(/severity: </);
  run.type('severity: P0');
  run.type('users: riders in every city');
  await run.sees(/type: fail-over/);
  run.type('fail-over');
  await run.sees(/Shut region A off[^]*It failed[^]*type: skip/);
  run.type(`skip ${reason}`);
  await run.sees(/The fence of region A is not proven[^]*type: unfenced/);
  run.type('unfenced');
  await run.sees(/reason: </);
  run.type(`reason: ${reason}`);
  await run.sees(/type: yes incident-commander/);
  run.type('yes incident-commander');
  await run.sees(/done {6}Start the application in region B/);
  // What is accepted afterwards needs a fence; nobody waits for that here.
  run.child.kill('SIGKILL');
  await run.ended;
  text = run.text();
  record = readNewest(ground.programme);
}, 240_000);
afterAll(async () => {
  await ground.remove();
});

test('without a declared fence the step says which key is missing, and only a person goes on', async () => {
  expect(text).toContain('environment production declares no fence');
  expect(text).toContain(
    'Add `fence`, with `isClosed` and `close` under `environments.production` in firedrill.yaml',
  );
  const succeeded = record.of('step-succeeded').map((entry) => entry.data.step);
  expect(succeeded).toContain('promote-unfenced');
  expect(succeeded).not.toContain('promote');
  expect(await readFingerprint(ground.b)).toMatchObject({ inRecovery: false, timeline: 2 });
});

test('who decided it, and in which words, stands in the record; so does that nothing was fenced', () => {
  const promoted = record.of('step-succeeded').find((entry) => entry.data.step === 'promote-unfenced');
  expect(promoted?.data.outputs).toMatchObject({ ok: true, fenced: false });
  const answers = record.of('prompt-answered');
  const decided = answers.find((entry) => JSON.stringify(entry.data.answer).includes('unfenced'));
  expect(decided?.actor).toMatchObject({ kind: 'person', role: 'incident-commander' });
  const [why] = answers.filter((entry) => JSON.stringify(entry.data.answer).includes(reason));
  expect(why?.seq).toBeLessThan(promoted?.seq ?? 0);
  expect(record.of('acceptance-probed').filter((entry) => entry.data.green)).toEqual([]);
});
