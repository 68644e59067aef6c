import { Failure, isJsonObject } from '../../base/index.js';
import type { EnvironmentPlan } from '../../language/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import { commandOr, declaredAt } from '../declared-command.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName, Environment } from '../environment.js';

const cluster = { type: 'string', enum: ['primary', 'standby', 'replacement'] };

export const secretsRotate = defineAction({
  name: 'secrets.rotate',
  with: args({ cluster }, ['cluster']),
  outputs: {
    ok: 'whether only the new passwords open the cluster',
    roles: 'roles that have new ones',
    unchanged: 'other roles that may log in, whose passwords nobody has changed here',
  },
  effect: 'idempotent',
  destroys: false,
  describe: (given) =>
    `Give every role that logs into the ${shown(given['cluster'])} cluster a new password, and its clients the file that holds it`,
  preview: (_given, environment) => rotationLines(environment),
  perform: async (given, { environment, signal, output }) => {
    const { location, passwords } = await target(environment, given['cluster']);
    await environment.postgres.guard('change the passwords of its roles', location);
    const roles = await passwords.rotate(location, { signal, output });
    for (const role of roles) output(`${role} has a new one\n`);
    const unchanged = (await loginRoles(environment, location)).filter((role) => !roles.includes(role));
    if (unchanged.length > 0) output(`not changed: ${unchanged.join(', ')}\n`);
    return { outputs: { ok: await passwords.areRotated(location), roles: [...roles], unchanged } };
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

/** The verifier is made here: no clear text of a password goes into a statement, or into the server's log. */
const alter = (role: string) => `ALTER ROLE ${role} PASSWORD 'SCRAM-SHA-256$…' (made here, no clear text)`;

function rotationLines(environment: EnvironmentPlan | undefined): string[] {
  const lines = [alter('<role>'), '<passfile of its client>'];
  if (environment?.kind !== 'declared') return lines;
  const roles = declaredAt(environment, 'rotation.roles');
  if (!isJsonObject(roles)) return [commandOr(environment, 'rotation.roles', '')];
  return Object.keys(roles).flatMap((role) => {
    const key = `rotation.roles.${role}`;
    const bring = declaredAt(environment, `${key}.bring`) === undefined;
    return [
      alter(role),
      `write ${shown(declaredAt(environment, `${key}.passfile`))}`,
      ...(bring ? [] : [commandOr(environment, `${key}.bring`, '')]),
    ];
  });
}

async function loginRoles(environment: Environment, location: ClusterLocation): Promise<string[]> {
  const session = await environment.postgres.connect({ location, readOnly: true });
  const rows = await session
    .query('select rolname from pg_roles where rolcanlogin order by rolname')
    .finally(() => session.end());
  return rows.map((row) => text(row['rolname']));
}

async function target(environment: Environment, name: unknown) {
  const { passwords, postgres } = environment;
  if (passwords === null)
    throw new Failure(
      'unavailable',
      `environment ${environment.name} does not let firedrill change passwords`,
      {
        hint: `Name the roles and the passfiles of their clients under \`environments.${environment.name}.rotation.roles\` in firedrill.yaml; or change them where they are managed, hand them to the clients try both, the old and the new, then choose "Done by hand".`,
        retryable: false,
      },
    );
  const location = await postgres.find(text(name) as ClusterName);
  if (location !== null) return { location, passwords };
  throw new Failure('refused', `there is no ${text(name)} cluster whose passwords could be changed`);
}
