import { Failure } from '../../base/index.js';
import { args, defineAction } from '../define.js';

export const sentinelAcknowledgedWrite = defineAction({
  name: 'sentinel.acknowledged-write',
  with: args({ timeoutSeconds: { type: 'number', minimum: 1, maximum: 60 } }),
  outputs: {
    ok: 'whether a write of an outside client was acknowledged now',
    id: 'number of the canary row',
    latencyMs: 'how long the client waited for it, in milliseconds',
  },
  effect: 'read',
  destroys: false,
  describe: () =>
    'Wait until the outside observer has had a write acknowledged through the normal client path',
  preview: () => [
    'sentinel: INSERT INTO firedrill.canary … (acknowledged commit, through the traffic switch)',
  ],
  perform: async (given, { environment, signal }) => {
    if (environment.sentinel === null)
      throw new Failure('unavailable', 'this environment has no sentinel', {
        hint: 'Declare one under the environment in firedrill.yaml, for the next run.',
      });
    const seconds = typeof given['timeoutSeconds'] === 'number' ? given['timeoutSeconds'] : 5;
    try {
      const write = await environment.sentinel.nextAcknowledged(seconds * 1000, signal);
      return { outputs: { ok: true, id: write.id, latencyMs: write.latencyMs } };
    } catch (error) {
      if (error instanceof Failure && error.reason === 'timeout')
        return { outputs: { ok: false, id: null, latencyMs: null } };
      throw error;
    }
  },
});
