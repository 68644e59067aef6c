import { commandOr } from '../declared-command.js';
import { args, defineAction } from '../define.js';

export const infrastructureProvision = defineAction({
  name: 'infrastructure.provision',
  with: args(),
  outputs: { ok: 'whether there are new machines', made: 'what there is now, in words' },
  effect: 'idempotent',
  destroys: false,
  describe: () =>
    'Make new, empty machines for the database and the application, the way the environment says',
  preview: (_given, environment) => [
    commandOr(environment, 'infrastructure.provision', '<the environment’s command that makes new machines>'),
  ],
  perform: async (_args, { environment, signal, output }) => {
    const made = await environment.infrastructure.provision({ signal, output });
    for (const line of made) output(`${line}\n`);
    return { outputs: { ok: await environment.infrastructure.isProvisioned({ signal, output }), made } };
  },
});

export const infrastructureIsProvisioned = defineAction({
  name: 'infrastructure.is-provisioned',
  with: args(),
  outputs: { ok: 'whether new machines for the database and the application are there' },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether new machines for the database and the application are there',
  preview: (_given, environment) => [
    commandOr(
      environment,
      'infrastructure.isProvisioned',
      '<the environment’s command that tells whether the machines are there>',
    ),
  ],
  perform: async (_args, { environment, signal, output }) => ({
    outputs: { ok: await environment.infrastructure.isProvisioned({ signal, output }) },
  }),
});
