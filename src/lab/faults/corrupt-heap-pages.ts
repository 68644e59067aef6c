import { join } from 'node:path';
import { Failure, type JsonObject } from '../../base/index.js';
import { damageHeapPages, type HeapGroundTruth } from '../../damage/index.js';
import { connectTo } from '../../postgres/index.js';
import { guardLab } from '../guard.js';
import { trafficTarget } from '../traffic-switch.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

const defaultPages = 3;

/** Damages bytes inside rows of a few pages of a table that the server has not cached: no restart, no warning. */
export const corruptHeapPages: LabFault = {
  name: 'corrupt-heap-pages',
  with: {
    type: 'object',
    additionalProperties: false,
    required: ['relation'],
    properties: {
      relation: {
        type: 'string',
        pattern: '^[a-z_][a-z0-9_]*\\.[a-z_][a-z0-9_]*$',
        description: 'the table, as schema.name; it must be larger than the cache',
      },
      pages: { type: 'integer', minimum: 1, maximum: 50, default: defaultPages },
    },
  },
  describe: (args) =>
    `damages bytes inside rows on ${wantedPages(args)} uncached pages of ${wantedRelation(args)}`,
  preview: (args) => [
    'checkpoint',
    `select relblocknumber from pg_buffercache where relfilenode = pg_relation_filenode('${wantedRelation(args)}')`,
    `write 16 inverted bytes into up to three rows of each of ${wantedPages(args)} pages of <file of ${wantedRelation(args)}>`,
    `select count(*) from only ${wantedRelation(args)} where ctid >= '(<page>,0)' and ctid < '(<page + 1>,0)'`,
  ],
  async inject(lab, request): Promise<InjectedFault> {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(request.id))
      throw new Failure('invalid', `fault id '${request.id}' is no file name`);
    const location = trafficTarget(lab);
    const guard = () =>
      guardLab(lab, location, `damage ${wantedRelation(request.args)} on ${location.dataDirectory}`);
    await guard();
    const session = await connectTo(location, { applicationName: 'firedrill fault' });
    try {
      const truth = await damageHeapPages({
        session,
        dataDirectory: location.dataDirectory,
        allowedRoot: lab.paths.clusters,
        relation: wantedRelation(request.args),
        pages: wantedPages(request.args),
        truthFile: join(lab.paths.faults, `${request.id}.json`),
        confirm: guard,
        signal: request.signal,
      });
      return { groundTruth: truth as unknown as JsonObject, proof: proofOf(truth) };
    } finally {
      await session.end();
    }
  },
};

function proofOf(truth: HeapGroundTruth): JsonObject {
  const failed = truth.pages.flatMap((page) => (page.failedRead === null ? [] : [page.failedRead]));
  const [first] = failed.toSorted((a, b) => (a.at < b.at ? -1 : 1));
  const writes = truth.pages.flatMap((page) => page.at ?? []).toSorted();
  return {
    at: writes[0] ?? null,
    firstFailedReadAt: first?.at ?? null,
    sqlState: first?.sqlState ?? null,
    message: first?.message ?? null,
    relation: truth.relation,
    unreadablePages: failed.length,
  };
}

function wantedRelation(args: JsonObject): string {
  return typeof args['relation'] === 'string' ? args['relation'] : '<relation>';
}

function wantedPages(args: JsonObject): number {
  return typeof args['pages'] === 'number' ? args['pages'] : defaultPages;
}
