import { postgresBloat } from './bloat.js';
import { postgresBlockingTree } from './blocking-tree.js';
import { postgresConnections, postgresFreeConnections } from './connections.js';
import {
  postgresCancelQuery,
  postgresEndHorizonHolder,
  postgresEndRootBlocker,
  postgresIsOver,
} from './end-sessions.js';
import { postgresFindSlowness } from './find-slowness.js';
import { postgresLongQueries } from './long-queries.js';
import { postgresChangedPlans, postgresMeasureLatency } from './measure-latency.js';
import { postgresHasBaseline, postgresRecordBaseline } from './record-baseline.js';
import { postgresMissingObjects, postgresRebuildIndexes } from './missing-objects.js';
import { postgresAnalyze, postgresStaleStatistics } from './stale-statistics.js';
import { postgresRewriteTables, postgresVacuum } from './vacuum.js';

/** What a sound but slow database is looked at and helped with. */
export const slownessActions = [
  postgresChangedPlans,
  postgresMeasureLatency,
  postgresRecordBaseline,
  postgresHasBaseline,
  postgresFindSlowness,
  postgresBlockingTree,
  postgresEndRootBlocker,
  postgresLongQueries,
  postgresCancelQuery,
  postgresIsOver,
  postgresMissingObjects,
  postgresRebuildIndexes,
  postgresStaleStatistics,
  postgresAnalyze,
  postgresBloat,
  postgresEndHorizonHolder,
  postgresVacuum,
  postgresRewriteTables,
  postgresConnections,
  postgresFreeConnections,
];
