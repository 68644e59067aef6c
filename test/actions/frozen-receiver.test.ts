import { describe, expect, test } from 'vitest';
import { findReceiver } from '../../src/backup/index.js';
import { sendSignal } from '../../src/children/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { useActionGround } from './action-ground.js';

const ground = useActionGround();

describe('setting aside a server whose receiver of the log is frozen', () => {
  test('says whom it waits for and how to let it go on; then nothing is lost', async () => {
    const { on } = ground;
    const receiver = (await findReceiver(on.environment.wal.directory))!;
    sendSignal(receiver, 'SIGSTOP');
    await on.acknowledged();
    await on.act('service.stop');
    const waiting = on.act('postgres.set-aside');
    const pid = await eventually('what it waits for', () => {
      const hint = /process (\d+), is frozen: `kill -CONT \1` lets it take the rest$/m.exec(on.said());
      return hint === null ? false : Number(hint[1]);
    });
    expect(on.said()).toMatch(
      /^still stopping: the server waits for firedrill_lab, which has confirmed \S+ of \S+ .*after 1min of silence$/m,
    );
    expect(pid).toBe(receiver.pid);
    process.kill(pid, 'SIGCONT');
    expect(await waiting).toMatchObject({ ok: true, stoppedBy: 'fast', clean: true });
  });
});
