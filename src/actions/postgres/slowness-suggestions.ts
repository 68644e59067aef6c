import { formatDuration } from '../../base/index.js';
import type {
  BlockingTree,
  ConnectedClient,
  ConnectionSlots,
  LongQuery,
  StaleTable,
} from '../../postgres/index.js';

export type Relief = 'end-root-blocker' | 'cancel-query' | 'free-connections' | 'nothing-to-end';
export type Repair = 'rebuild-indexes' | 'analyze' | 'nothing-to-repair';

/** What frees people first. Who holds a lock without doing anything is ended; who is at work is only stopped. */
export function chooseRelief(found: {
  readonly tree: BlockingTree;
  readonly long: readonly LongQuery[];
  readonly slotsFree: boolean;
  readonly hoarder: ConnectedClient | null;
}): Relief {
  const [root] = found.tree.roots;
  if (root !== undefined) return root.state === 'active' ? 'cancel-query' : 'end-root-blocker';
  if (!found.slotsFree && found.hoarder !== null) return 'free-connections';
  return found.long.length > 0 ? 'cancel-query' : 'nothing-to-end';
}

export function chooseRepair(found: {
  readonly indexes: readonly string[];
  readonly stale: readonly StaleTable[];
}): Repair {
  if (found.indexes.length > 0) return 'rebuild-indexes';
  return found.stale.length > 0 ? 'analyze' : 'nothing-to-repair';
}

/** Short enough for the question that follows; the whole of it is in the step's output. */
export function summarise(found: {
  readonly tree: BlockingTree;
  readonly long: readonly LongQuery[];
  readonly missing: readonly string[];
  readonly stale: readonly StaleTable[];
  readonly slots: ConnectionSlots;
  readonly slotsFree: boolean;
}): string {
  const { tree, long, missing, stale, slots } = found;
  const [root] = tree.roots;
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
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
    ...(found.slotsFree ? [] : [`${slots.used} of ${slots.slots} connection slots are taken`]),
  ];
  return said.length === 0 ? 'nothing that makes the database slow' : said.join('; ');
}
