import { describe, expect, test } from 'vitest';
import { schemaFor } from '../../src/language/index.js';
import { edit, places, takeMarks, validate } from './reading.js';

/** Everything that a live run can be told about an environment of two regions. */
const twoRegions = `apiVersion: firedrill/v1
kind: Configuration
programme: {name: Rides}
environments:
  production:
    kind: declared
    regions: 2
    database: {host: db-a.internal, port: 5432, name: rides, user: firedrill, passfile: /etc/firedrill/pgpass}
    standby: {host: db-b.internal, port: 5432, dataDirectory: /var/lib/pg, store: region-b, rebuild: [ssh, db-a, rebuild-standby]}
    fence:
      close: [fence-region, a, close]
      isClosed: [fence-region, a, is-closed]
      open: [fence-region, a, open]
      behind: {host: db-a.operations, port: 5432}
      wake: [ssh, db-a, wake]
    thirdPlace: [ssh, witness, can-reach, db-a, "5432"]
    traffic: {switch: [pooler, point-to], target: [pooler, target], close: [pooler, pause]}
    rotation:
      roles:
        rides_app: {passfile: /etc/firedrill/rides-app.pass, bring: [deploy-db-login, rides]}
    immutable:
      store: vault
      writer: {store: vault-host, revoke: [vault-keys, revoke], renew: [vault-keys, renew]}
      ship: {start: [systemctl, start, ship-log], isRunning: [systemctl, is-active, ship-log]}
    fingerprint: {systemIdentifier: "7412345678901234567", host: db-a.internal, port: 5432}
    store: region-a
    policy: {}
stores:
  region-a: {kind: local, directory: /backup/a}
  region-b: {kind: local, directory: /backup/b}
  vault: {kind: s3, bucket: rides-vault, region: eu-1, credentials: {file: /etc/firedrill/owner}}
  vault-host: {kind: s3, bucket: rides-vault, region: eu-1, credentials: {file: /etc/firedrill/host}}
`;

/** Edits one place, marked with ▶ where a problem is expected. */
function expectProblem(from: string, marked: string, code: string): void {
  const { text, marks } = takeMarks(edit(twoRegions, from, marked));
  expect(places(validate(text))).toEqual(marks.map((at) => `${at} ${code}`));
}

describe('what a declared environment says of its other region and its keys', () => {
  test('is right as a whole', () => {
    expect(places(validate(twoRegions))).toEqual([]);
  });

  test('names stores that there are, and keys that can be tried', () => {
    expectProblem('store: region-b, rebuild', 'store: ▶region-c, rebuild', 'unknown-store');
    expectProblem('      store: vault\n', '      store: ▶vaults\n', 'unknown-store');
    expectProblem('writer: {store: vault-host', 'writer: {store: ▶region-a', 'writer-without-keys');
    const keyless = edit(
      twoRegions,
      'region: eu-1, credentials: {file: /etc/firedrill/host}',
      'region: eu-1',
    );
    expect(places(validate(keyless))).toEqual(['23:23 writer-without-keys']);
  });

  test('has a fence that can be asked whether it is shut', () => {
    expectProblem(
      '      close: [fence-region, a, close]\n      isClosed: [fence-region, a, is-closed]\n',
      '      ▶close: [fence-region, a, close]\n',
      'missing-key',
    );
    expectProblem('      close: [fence', '      ▶closes: [fence', 'unknown-key');
    expectProblem('close: [pooler, pause]', 'close: ▶pooler pause', 'wrong-type');
  });

  test('never holds a secret', () => {
    expectProblem('bring: [deploy', '▶password: hunter22, bring: [deploy', 'secret-in-configuration');
    expectProblem('{passfile: /etc/firedrill/rides-app.pass, bring', '▶{bring', 'missing-key');
  });

  test('is warned about what a lost region will need by hand', () => {
    const without = edit(twoRegions, '    thirdPlace: [ssh, witness, can-reach, db-a, "5432"]\n', '');
    const [warning] = validate(without);
    expect(warning).toMatchObject({ code: 'region-by-hand', severity: 'warning' });
    expect(warning?.message).toContain('no `thirdPlace`');
    expect(validate(edit(without, '    regions: 2\n', ''))).toEqual([]);
  });

  test('explains each command in the schema: who is asked, what it gets, how long it has', () => {
    const text = JSON.stringify(schemaFor('Configuration'));
    for (const said of [
      'e.g. `[fence-region, a, close]`',
      '$FIREDRILL_PASSFILE',
      '$FIREDRILL_SLOT',
      'or `nowhere`',
      'Has 2 minutes.',
    ])
      expect(text).toContain(said);
  });
});
