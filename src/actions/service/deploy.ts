import { commandOr } from '../declared-command.js';
import { args, defineAction } from '../define.js';

export const serviceDeploy = defineAction({
  name: 'service.deploy',
  with: args(),
  outputs: { ok: 'whether the application is on its host' },
  effect: 'idempotent',
  destroys: false,
  describe: () => 'Put the application onto its host, the way the environment says; it is not started',
  preview: (_given, environment) => [
    commandOr(environment, 'application.deploy.run', '<the environment’s command to deploy the application>'),
  ],
  perform: async (_args, { environment, signal, output }) => {
    await environment.service.deploy({ signal, output });
    return { outputs: { ok: await environment.service.isDeployed({ signal, output }) } };
  },
});

export const serviceIsDeployed = defineAction({
  name: 'service.is-deployed',
  with: args(),
  outputs: { ok: 'whether the application is on its host' },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether the application is on its host',
  preview: (_given, environment) => [
    commandOr(
      environment,
      'application.deploy.isDone',
      '<the environment’s command that tells whether the application is deployed>',
    ),
  ],
  perform: async (_args, { environment, signal, output }) => ({
    outputs: { ok: await environment.service.isDeployed({ signal, output }) },
  }),
});
