import { join } from 'node:path';
import { Failure, type JsonObject } from '../../base/index.js';
import { destroyServer, type ServerLoss } from '../../damage/index.js';
import { loseApplicationHost } from '../application/lose-host.js';
import { guardLab } from '../guard.js';
import { trafficTarget } from '../traffic-switch.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

/** The machine of the database is gone, files and all, and, unless told otherwise, that of the application with it. */
export const loseServer: LabFault = {
  name: 'lose-server',
  with: {
    type: 'object',
    additionalProperties: false,
    properties: {
      application: {
        type: 'boolean',
        default: true,
        description: 'whether the application’s host is lost too',
      },
    },
  },
  describe: (args) =>
    `kills every process of the database server and removes its data directory with its WAL, tablespaces, sockets and log${
      losesApplication(args) ? '; kills the application and removes its host' : ''
    }`,
  preview: (args) => [
    'kill -STOP <postmaster>; kill -KILL <its children> <postmaster>',
    'rm -r <data directory> <targets of pg_wal and pg_tblspc/* outside it> <socket folder>',
    `select pg_logical_emit_message(true, 'firedrill', 'write probe')`,
    ...(losesApplication(args) ? ['kill -KILL <application>', 'rm -r <folder of the application host>'] : []),
  ],
  async inject(lab, request): Promise<InjectedFault> {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(request.id))
      throw new Failure('invalid', `fault id '${request.id}' is no file name`);
    const location = trafficTarget(lab);
    const loss = await destroyServer({
      location,
      allowedRoot: lab.paths.clusters,
      socketFolders: lab.state().socketDirectories,
      truthFile: join(lab.paths.faults, `${request.id}.json`),
      confirm: () => guardLab(lab, location, `lose the server on ${location.dataDirectory}`),
      signal: request.signal,
    });
    const application = losesApplication(request.args)
      ? await loseApplicationHost(lab, join(lab.paths.faults, `${request.id}-application.json`))
      : null;
    const groundTruth = { ...loss, application } as unknown as JsonObject;
    return { groundTruth, proof: proofOf(loss) };
  },
};

function proofOf(loss: ServerLoss): JsonObject {
  return {
    at: loss.at,
    firstFailedWriteAt: loss.failedWrite?.at ?? null,
    sqlState: loss.failedWrite?.sqlState ?? null,
    message: loss.failedWrite?.message ?? null,
    killedProcesses: loss.killed.length,
    dataDirectory: loss.dataDirectory,
  };
}

function losesApplication(args: JsonObject): boolean {
  return args['application'] !== false;
}
