import { formatDuration, formatSize } from '../../base/index.js';
import type {
  BlockingTree,
  ConnectedClient,
  ConnectionSlots,
  HorizonHolder,
  LongQuery,
  StaleTable,
} from '../../postgres/index.js';

import type { BloatFinding } from './bloat.js';

export type Relief =
  'end-root-blocker' | 'cancel-query' | 'free-connections' | 'end-horizon-holder' | 'nothing-to-end';
/** Writing tables anew is never suggested: it locks everybody out, and has to be somebody's decision. */
export type Repair = 'rebuild-indexes' | 'vacuum' | 'analyze' | 'nothing-to-repair';

/** What frees people first. Who holds a lock without doing anything is ended; who is at work is only stopped. */
export function chooseRelief(found: {
  readonly tree: BlockingTree;
  readonly long: readonly LongQuery[];
  readonly slotsFree: boolean;
  readonly hoarder: ConnectedClient | null;
  readonly holders: readonly HorizonHolder[];
}): Relief {
  const [root] = found.tree.roots;
  if (root !== undefined) return root.state === 'active' ? 'cancel-query' : 'end-root-blocker';
  if (!found.slotsFree && found.hoarder !== null) return 'free-connections';
  if (found.holders.some((one) => one.kind === 'idle')) return 'end-horizon-holder';
  return found.long.length > 0 ? 'cancel-query' : 'nothing-to-end';
}

export function chooseRepair(found: {
  readonly indexes: readonly string[];
  readonly stale: readonly StaleTable[];
  readonly bloated: readonly string[];
}): Repair {
  if (found.indexes.length > 0) return 'rebuild-indexes';
  // Cleaning has the planner look at the table as well.
  if (found.bloated.length > 0) return 'vacuum';
  return found.stale.length > 0 ? 'analyze' : 'nothing-to-repair';
}

/** Short enough for the question that follows; the whole of it is in the step's output. */
export function summarise(found: {
  readonly tree: BlockingTree;
  readonly long: readonly LongQuery[];
  readonly missing: readonly string[];
  readonly stale: readonly StaleTable[];
  readonly bloat: BloatFinding;
  readonly slots: ConnectionSlots;
  readonly slotsFree: boolean;
}): string {
  const { tree, long, missing, stale, slots } = found;
  const [root] = tree.roots;
  const said = [
    ...(root === undefined
      ? tree.prepared.map((name) => `prepared transaction ${name} makes others wait`)
      : [
          `${root.user} (${root.application}, process ${root.pid}) is ${root.state} for ${formatDuration(root.stateMs)} and keeps ${many(tree.waiting.length, 'session')} waiting`,
        ]),
    ...(long.length === 0 ? [] : [`${many(long.length, 'long query')} running`.replace('querys', 'queries')]),
    ...(missing.length === 0 ? [] : [`missing: ${missing.slice(0, 3).join(', ')}`]),
    ...(stale.length === 0
      ? []
      : [`the planner knows too little of ${stale.map((one) => one.table).join(', ')}`]),
    ...summariseBloat(found.bloat),
    ...(found.slotsFree ? [] : [`${slots.used} of ${slots.slots} connection slots are taken`]),
  ];
  return said.length === 0 ? 'nothing that makes the database slow' : said.join('; ');
}

function summariseBloat({ dead, swollen, holders }: BloatFinding): string[] {
  const indexes = swollen.filter((one) => one.index !== null);
  const largest = indexes[0];
  return [
    ...dead
      .slice(0, 3)
      .map((one) => `${one.table} is full of dead rows (${one.deadRows} beside ${one.liveRows} live ones)`),
    ...(largest === undefined
      ? []
      : [
          `${indexes
            .map((one) => one.index)
            .slice(0, 3)
            .join(
              ', ',
            )} swollen (up to ${formatSize(largest.sizeBytes)} for ${formatSize(largest.neededBytes)})`,
        ]),
    ...summariseHolders(holders.sessions),
    ...holders.others,
  ];
}

/** Every one that would be ended is named: whoever decides answers for each of them. */
function summariseHolders(sessions: readonly HorizonHolder[]): string[] {
  const said = {
    idle: 'idle in a transaction and keeping them from removal, to be ended',
    active: 'at work and keeping them from removal, not to be ended',
    backup: 'of a backup and keeping them from removal, to be waited for',
  };
  return (['idle', 'active', 'backup'] as const).flatMap((kind) => {
    const named = sessions
      .filter((one) => one.kind === kind)
      .map((one) => `${one.user} (${one.application}, process ${one.pid}) for ${formatDuration(one.openMs)}`);
    return named.length === 0 ? [] : [`${many(named.length, 'session')} ${said[kind]}: ${named.join(', ')}`];
  });
}

const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
