import { Failure } from '../../base/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName, Environment } from '../environment.js';

const cluster = { type: 'string', enum: ['primary', 'replacement'] };

export const secretsRotate = defineAction({
  name: 'secrets.rotate',
  with: args({ cluster }, ['cluster']),
  outputs: { ok: 'whether only the new passwords open the cluster', roles: 'roles that have new ones' },
  effect: 'idempotent',
  destroys: false,
  describe: (given) =>
    `Give every role that logs into the ${shown(given['cluster'])} cluster a new password, and its clients the file that holds it`,
  preview: () => ['ALTER ROLE <role> PASSWORD …', '<passfile of its client>'],
  perform: async (given, { environment, output }) => {
    const { location, passwords } = await target(environment, given['cluster']);
    await environment.postgres.guard('change the passwords of its roles', location);
    const roles = await passwords.rotate(location);
    for (const role of roles) output(`${role} has a new one\n`);
    return { outputs: { ok: await passwords.areRotated(location), roles: [...roles] } };
  },
});

export const secretsRotated = defineAction({
  name: 'secrets.are-rotated',
  with: args({ cluster }, ['cluster']),
  outputs: { ok: 'whether the new passwords open the cluster and the former ones do not' },
  effect: 'read',
  destroys: false,
  describe: (given) => `Try the former and the new passwords on the ${shown(given['cluster'])} cluster`,
  preview: () => ['<connect with each former passfile: refused>', '<connect with each new one>'],
  perform: async (given, { environment }) => {
    const { location, passwords } = await target(environment, given['cluster']);
    return { outputs: { ok: await passwords.areRotated(location) } };
  },
});

async function target(environment: Environment, name: unknown) {
  const { passwords, postgres } = environment;
  if (passwords === null)
    throw new Failure(
      'unavailable',
      `environment ${environment.name} does not let firedrill change passwords`,
      {
        hint: 'Change them where they are managed, hand them to the clients, then choose "Done by hand".',
        retryable: false,
      },
    );
  const location = await postgres.find(text(name) as ClusterName);
  if (location !== null) return { location, passwords };
  throw new Failure('refused', `there is no ${text(name)} cluster whose passwords could be changed`);
}
