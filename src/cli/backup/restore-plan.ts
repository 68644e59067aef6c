import { formatAge, formatSize } from '../../base/index.js';
import type { FoundSet } from './find-set.js';
import type { RestoreMode } from './restore-mode.js';
import type { ClusterLocation } from '../../postgres/index.js';
import type { BackupScope } from './scope.js';

/** What will be done, before it is: what is made, what is stopped, what is renamed, what is kept. */
export function planLines({ set, at }: FoundSet, mode: RestoreMode, scope: BackupScope, now: Date): string[] {
  const { manifest } = set;
  const age = formatAge(now.getTime() - Date.parse(manifest.times.engineEnded));
  const { host, port } = scope.location;
  return [
    `restore of ${manifest.kind} backup ${set.id}, ${age} old, ${formatSize(manifest.server.bytes)}, from ${at.name} (${at.store.describe})`,
    ...steps(mode, `${host}:${port}`, scope.location).map((one) => `  ${one}`),
    ...(mode.kind === 'cluster' || mode.kind === 'in-place' ? losses(manifest.losses) : []),
  ];
}

/** Of one database, most of them are not missed: they belong to the cluster, which is there. */
function losses(all: readonly string[]): string[] {
  const more = all.length - 5;
  return [
    ...all.slice(0, 5).map((loss) => `  it will not bring back: ${loss}`),
    ...(more > 0 ? [`  and ${more} more, as its manifest says`] : []),
  ];
}

function steps(mode: RestoreMode, server: string, location: ClusterLocation): string[] {
  switch (mode.kind) {
    case 'cluster':
      return [
        `made:     a new cluster in ${mode.directory}, listening on this machine only`,
        'stopped:  nothing; renamed: nothing; what is in service is not touched',
      ];
    case 'beside':
      return [
        `made:     database ${mode.as} on ${server}, with the content of ${mode.database}`,
        'stopped:  nothing; renamed: nothing',
      ];
    case 'replace':
      return [
        `made:     a safety copy of ${mode.database} as it is now, and a new database beside it on ${server}`,
        `stopped:  connections to ${mode.database}, at the very end, for the moment of the exchange`,
        `renamed:  ${mode.database} to ${mode.database}_before_<time>; the restored one gets its name`,
        `kept:     the old one, closed, until the restore is accepted`,
      ];
    case 'tables':
      return [
        'made:     a side instance, isolated, removed afterwards',
        mode.rows === 'missing'
          ? `put in:   rows of ${mode.tables.join(', ')} whose key is missing now, into ${mode.database ?? location.database} on ${server}; no row that is there is changed`
          : `replaced: all rows of ${mode.tables.join(', ')} in ${mode.database ?? location.database} on ${server}${mode.throwAway ? '; what was written since goes' : ', if nothing was written to them since'}`,
        'stopped:  writers to these tables, for the moment of one transaction; their triggers do not fire in it',
      ];
    case 'in-place':
      return [
        `made:     a new cluster beside ${location.dataDirectory}`,
        mode.until === 'latest'
          ? `stopped:  the server on ${server}, now, until the new one is in its place: only then has its log an end`
          : `stopped:  the server on ${server}, at the end, for the moment of the exchange; what was written after the chosen place is in the old one only`,
        `renamed:  ${location.dataDirectory} to ${location.dataDirectory}_before_<time>; the restored one gets its name`,
        'kept:     the old one, whole, until the restore is accepted; it is the safety copy',
      ];
  }
}
