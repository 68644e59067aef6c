import { commandOr } from '../declared-command.js';
import { args, defineAction } from '../define.js';

export const serviceStart = defineAction({
  name: 'service.start',
  with: args(),
  outputs: { ok: 'whether the application is running' },
  effect: 'idempotent',
  destroys: false,
  describe: () => 'Start the application, the way the environment says',
  preview: (_given, environment) => [
    commandOr(environment, 'application.start', '<the environment’s command to start the application>'),
  ],
  perform: async (_args, { environment, signal, output }) => {
    await environment.service.start({ signal, output });
    return { outputs: { ok: await environment.service.isRunning({ signal, output }) } };
  },
});
