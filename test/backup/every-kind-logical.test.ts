import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  compareContent,
  compareStructures,
  inFolder,
  listBackups,
  readStructure,
  requireKind,
  restoreLogical,
  takeLogicalBackup,
  type LogicalManifest,
  type StagedSet,
  type StructureRead,
} from '../../src/backup/index.js';
import { connectTo, type ClusterLocation } from '../../src/postgres/index.js';
import { openLocalStore } from '../../src/store/index.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';
import { everyKindDatabases, makeEveryKind } from './every-kind.js';
import { signer, trusted } from './ground.js';

describe('a cluster with every kind of object, dumped and restored', () => {
  const made = {} as {
    ground: Ground;
    primary: ClusterLocation;
    into: ClusterLocation;
    set: StagedSet<LogicalManifest>;
    before: StructureRead;
  };
  const [everything] = everyKindDatabases;

  beforeAll(async () => {
    made.ground = await openGround();
    const { ground } = made;
    made.primary = await ground.cluster('primary', { wal_level: 'logical' });
    await makeEveryKind(made.primary, { tablespaceDirectory: join(ground.directory, 'far') });
    made.before = await readStructure(made.primary);
    const store = openLocalStore(join(ground.directory, 'store'));
    await takeLogicalBackup({ tools: ground.tools, location: made.primary, store, source: 'test', signer });
    const [listed] = (await listBackups(store, trusted)).sets;
    made.set = inFolder(store, requireKind(listed!, 'logical'));
    made.into = await ground.place('restored');
    await restoreLogical({
      ...{ tools: ground.tools, set: made.set, into: made.into, passwordFrom: made.primary },
    });
    return async () => ground.remove();
  }, 180_000);

  it('comes back with every object, but for what was named in advance', async () => {
    const after = await readStructure(made.into);
    const { losses } = made.set.manifest;
    expect(
      losses.map((loss) => loss.replace(/ \(.*\)$/, '')).filter((loss) => /^(index|enabled)/.test(loss)),
    ).toEqual([
      'enabled of constraint f app.refund_day_region_sale_fkey on app.refund in database everything',
      'index app.never_unique in database everything',
    ]);
    expect(compareStructures(made.before.databases, after.databases)).toEqual([
      'everything: indexes app.never_unique is missing',
      'everything: constraints f app.refund_day_region_sale_fkey on app.refund is different: enabled',
    ]);
  });

  it('comes back with every row of every table', async () => {
    const outcome = await compareContent(made.into, made.set.manifest);
    expect(outcome).toMatchObject({ verdict: 'pass' });
    expect(made.set.manifest.expectation.kind).toBe('exact');
    expect(outcome.evidence[0]).toContain('an exact expectation');
  });

  it('has statistics before anybody asks it', async () => {
    const session = await connectTo(made.into, { database: everything });
    const [row] = await session.query(
      `select count(*) as missing from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and c.relpersistence <> 't' and c.reltuples < 0 and nspname !~ '^(pg_|information_schema)'`,
    );
    await session.end();
    expect(row!['missing']).toBe(0);
  });
});
