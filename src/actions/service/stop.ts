import { commandOr } from '../declared-command.js';
import { args, defineAction } from '../define.js';

export const serviceStop = defineAction({
  name: 'service.stop',
  with: args(),
  outputs: { ok: 'whether the application is stopped' },
  effect: 'idempotent',
  destroys: false,
  describe: () => 'Stop the application, the way the environment says',
  preview: (_given, environment) => [
    commandOr(environment, 'application.stop', '<the environment’s command to stop the application>'),
  ],
  perform: async (_args, { environment, signal, output }) => {
    await environment.service.stop({ signal, output });
    return { outputs: { ok: !(await environment.service.isRunning({ signal, output })) } };
  },
});
