import { commandOr } from '../declared-command.js';
import { args, defineAction, shown, text } from '../define.js';

export const serviceTestWrite = defineAction({
  name: 'service.test-write',
  with: args(),
  outputs: {
    id: 'id of what was written, as the application gave it',
    tookMs: 'how long the customer would have waited, in milliseconds',
  },
  effect: 'once',
  destroys: false,
  describe: () => 'Write once through the application, as a customer would, and wait for its acknowledgement',
  preview: (_given, environment) => [
    commandOr(
      environment,
      'application.testWrite.make',
      '<the environment’s command that writes through the application; in a lab POST /bookings>',
    ),
  ],
  perform: async (_args, { environment, signal, output, clock }) => {
    const startedAt = clock.mono();
    const id = await environment.service.writeOnce({ signal, output });
    const tookMs = Math.round(clock.mono() - startedAt);
    output(`written as ${id}, acknowledged after ${tookMs} ms\n`);
    return { outputs: { id, tookMs } };
  },
});

export const serviceHasTestWrite = defineAction({
  name: 'service.has-test-write',
  with: args({ id: { type: 'string', description: 'as service.test-write gave it' } }, ['id']),
  outputs: { ok: 'whether the database that clients reach holds it' },
  effect: 'read',
  destroys: false,
  describe: (given) => `See whether the database that clients reach holds ${shown(given['id'])}`,
  preview: (given, environment) => [
    commandOr(
      environment,
      'application.testWrite.find',
      '<the environment’s command that finds such a write in the database>',
      [shown(given['id'])],
    ),
  ],
  perform: async (given, { environment, signal, output }) => ({
    outputs: { ok: await environment.service.hasWritten(text(given['id']), { signal, output }) },
  }),
});
