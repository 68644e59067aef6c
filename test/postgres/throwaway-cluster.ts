import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  clusterState,
  connectTo,
  createCluster,
  findTools,
  freePort,
  killCluster,
  serverAccount,
  startCluster,
  type ClusterLocation,
  type PostgresTools,
  type Session,
  type Settings,
} from '../../src/postgres/index.js';

/** A folder for clusters that is removed, servers and all, at the end of a test file. */
export interface Ground {
  readonly tools: PostgresTools;
  readonly directory: string;
  /** A location that nothing stands at yet. */
  place(name: string): Promise<ClusterLocation>;
  /** A running cluster. */
  cluster(name: string, settings?: Settings): Promise<ClusterLocation>;
  withSession<T>(location: ClusterLocation, work: (session: Session) => Promise<T>): Promise<T>;
  remove(): Promise<void>;
}

/** Fast, because nothing here has to survive a power failure. */
export const quick: Settings = {
  fsync: 'off',
  max_wal_senders: '10',
  wal_level: 'replica',
  shared_buffers: '16MB',
};

export async function openGround(): Promise<Ground> {
  const tools = await findTools();
  const account = await serverAccount();
  const directory = await mkdtemp(join(tmpdir(), 'fd-pg-'));
  await chmod(directory, 0o711);
  const places: ClusterLocation[] = [];
  const place = async (name: string): Promise<ClusterLocation> => {
    const location: ClusterLocation = {
      dataDirectory: join(directory, name, 'data'),
      socketDirectory: join(directory, name, 'run'),
      host: '127.0.0.1',
      port: await freePort(),
      user: 'admin',
      database: 'postgres',
      account,
      passfile: join(directory, name, 'passfile'),
    };
    places.push(location);
    return location;
  };
  return {
    tools,
    directory,
    place,
    async cluster(name, settings = {}) {
      const location = await place(name);
      await createCluster(tools, location, {
        settings: { ...quick, ...settings },
        initdbArgs: ['--no-sync'],
      });
      await startCluster(tools, location);
      return location;
    },
    async withSession(location, work) {
      const session = await connectTo(location);
      try {
        return await work(session);
      } finally {
        await session.end();
      }
    },
    async remove() {
      for (const location of places) {
        if ((await clusterState(location)) === 'running') await killCluster(location);
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}
