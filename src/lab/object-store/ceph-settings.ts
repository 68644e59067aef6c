import { join } from 'node:path';

export interface CephPlace {
  readonly directory: string;
  readonly fsid: string;
  readonly monitorPort: number;
  /** `memory` forgets everything with its process; `disk` survives a kill and takes 8 s to start instead of 2. */
  readonly media: 'memory' | 'disk';
  /** Upper limit of what can be stored. */
  readonly capacityBytes: number;
  /** A day of lifecycle rules lasts this long, in seconds; null: a day. */
  readonly lifecycleDaySeconds: number | null;
}

/** The whole configuration of one monitor, one storage daemon and one gateway that share a folder and the loopback. */
export function cephSettings(place: CephPlace): string {
  const inside = (name: string) => join(place.directory, name);
  const settings: readonly (readonly [string, string | number])[] = [
    ['fsid', place.fsid],
    ['mon host', `[v1:127.0.0.1:${place.monitorPort}]`],
    // Everything listens on the loopback of one machine, inside a folder of one account.
    ['auth cluster required', 'none'],
    ['auth service required', 'none'],
    ['auth client required', 'none'],
    ['public addr', '127.0.0.1'],
    ['cluster addr', '127.0.0.1'],
    ['ms bind ipv6', 'false'],
    ['osd pool default size', 1],
    ['osd pool default min size', 1],
    ['mon allow pool size one', 'true'],
    ['osd pool default pg num', 1],
    ['osd pool default pgp num', 1],
    ['osd pool default pg autoscale mode', 'off'],
    ['osd crush chooseleaf type', 0],
    ...(place.media === 'memory'
      ? ([
          ['osd objectstore', 'memstore'],
          ['memstore device bytes', place.capacityBytes],
        ] as const)
      : ([
          ['osd objectstore', 'bluestore'],
          ['bluestore block size', place.capacityBytes],
          ['bluestore block wal create', 'false'],
          ['bluestore block db create', 'false'],
        ] as const)),
    ['osd max object name len', 256],
    ['osd max object namespace len', 64],
    ['run dir', inside('run')],
    ['pid file', inside('run/$name.pid')],
    ['log file', inside('log/$name.log')],
    ['mon data', inside('mon')],
    ['osd data', inside('osd')],
    ['rgw data', inside('rgw')],
    ['admin socket', inside('run/$name.$pid.asok')],
    ['crash dir', inside('run')],
    ['mon data avail warn', 1],
    ['mon data avail crit', 1],
    ['mon osd full ratio', '.99'],
    ['mon max pg per osd', 1000],
    // The monitor waits before each of its decisions; starting takes dozens of them.
    ['paxos propose interval', 0.05],
    ['paxos min wait', 0.01],
    ['mon tick interval', 1],
    ['rgw enable apis', 's3, admin'],
    ['rgw dynamic resharding', 'false'],
    ...(place.lifecycleDaySeconds === null
      ? []
      : ([['rgw lc debug interval', place.lifecycleDaySeconds]] as const)),
  ];
  return `[global]\n${settings.map(([name, value]) => `${name} = ${value}`).join('\n')}\n`;
}
