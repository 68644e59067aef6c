import { commandOr } from '../declared-command.js';
import { args, defineAction } from '../define.js';

export const serviceIsRunning = defineAction({
  name: 'service.is-running',
  with: args(),
  outputs: { ok: 'whether the application is running' },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether the application is running',
  preview: (_given, environment) => [
    commandOr(
      environment,
      'application.isRunning',
      '<the environment’s command that tells whether the application runs>',
    ),
  ],
  perform: async (_args, { environment, signal, output }) => ({
    outputs: { ok: await environment.service.isRunning({ signal, output }) },
  }),
});

export const serviceIsStopped = defineAction({
  ...serviceIsRunning,
  name: 'service.is-stopped',
  outputs: { ok: 'whether the application is stopped' },
  describe: () => 'See whether the application is stopped',
  perform: async (_args, { environment, signal, output }) => ({
    outputs: { ok: !(await environment.service.isRunning({ signal, output })) },
  }),
});
