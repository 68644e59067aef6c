import type { SamplePart } from './statements.js';

/** Names of the roles: one owns, one writes for the application, one observes, one reports. */
export const sampleRoles = {
  owner: 'ride_owner',
  application: 'ride_app',
  report: 'ride_report',
  sentinel: 'firedrill_sentinel',
} as const;

/** Roles belong to the cluster, not to the database. The passwords are hexadecimal, so that they need no quoting. */
export function makeRoles(passwords: {
  readonly application: string;
  readonly sentinel: string;
}): SamplePart {
  for (const password of Object.values(passwords)) {
    if (!/^[0-9a-f]{16,}$/.test(password)) throw new TypeError('a role password must be hexadecimal');
  }
  const limits = 'nosuperuser nocreatedb nocreaterole noinherit noreplication';
  return {
    title: 'roles',
    statements: [
      `create role ${sampleRoles.owner} nologin ${limits}`,
      `create role ${sampleRoles.report} nologin ${limits}`,
      `create role ${sampleRoles.application} login ${limits} password '${passwords.application}'`,
      `create role ${sampleRoles.sentinel} login ${limits} password '${passwords.sentinel}'`,
      `comment on role ${sampleRoles.application} is 'the ride-hailing application'`,
    ],
  };
}
