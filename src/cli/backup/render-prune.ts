import type { planRemoval, Pruned, PrunePlan } from '../../backup/index.js';
import { formatSize } from '../../base/index.js';
import { toned } from './colour.js';
import type { LeftScratch } from './left-scratch.js';

/** What would go, and why each of the others stays. */
export function pruneLines(policy: string, store: string, plan: PrunePlan, colour: boolean): string[] {
  const { sets, unfinished, unknown, wal, uploads, warnings } = plan;
  const segments = wal.keys.length + wal.files.length;
  return [
    `policy ${policy}, store ${store}: ${sets.filter((one) => one.remove).length} of ${sets.length} sets go`,
    ...sets.map((one) =>
      one.remove
        ? `  ${toned('goes', 'bad', colour)}   ${one.id}  ${formatSize(one.bytes)}: ${one.why}`
        : `  ${toned('stays', 'good', colour)}  ${one.id}  ${formatSize(one.bytes)}: ${one.why}`,
    ),
    ...unfinished.map(
      (id) => `  ${toned('goes', 'bad', colour)}   ${id}: an earlier prune removed half of it`,
    ),
    ...unknown.map(
      ({ id, problem }) => `  ${toned('stays', 'doubtful', colour)}  ${id}: it cannot be judged: ${problem}`,
    ),
    segments > 0
      ? `  ${toned('goes', 'bad', colour)}   ${segments} segments of the log, ${formatSize(wal.bytes)}: no set that stays needs them`
      : `  ${toned('stays', 'good', colour)}  the log${wal.staysBecause === null ? ': all of it is needed' : `: ${wal.staysBecause}`}`,
    ...uploads.map(
      (one) =>
        `  ${toned('goes', 'bad', colour)}   unfinished upload of ${one.key}, ${formatSize(one.bytes)}: nobody has gone on with it since ${one.touchedAt}`,
    ),
    ...warnings.map((warning) => `  ${toned('warning', 'doubtful', colour)} ${warning}`),
  ];
}

export function prunedLines({ removed, bytes, uploads, left }: Pruned): string[] {
  const parts = uploads === 0 ? '' : `, ${uploads} unfinished ${uploads === 1 ? 'upload' : 'uploads'}`;
  return [
    `  removed ${removed.length} ${removed.length === 1 ? 'set' : 'sets'}${parts}, ${formatSize(bytes)}`,
    ...left.map(({ what, problem }) => `  left: ${what}: ${problem}`),
  ];
}

/** The same of what restores replaced. */
export function safetyLines({ remove, keep }: ReturnType<typeof planRemoval>, colour: boolean): string[] {
  return [
    ...remove.map(
      (one) => `  ${toned('goes', 'bad', colour)}   ${one.name}: a copy from before a restore, of ${one.of}`,
    ),
    ...keep.map(
      ({ copy, why }) =>
        `  ${toned('stays', 'good', colour)}  ${copy.name}: a copy from before a restore, of ${copy.of}: ${why}`,
    ),
  ];
}

/** What killed verifications and restores left on this machine. */
export function scratchLines(scratch: readonly LeftScratch[], colour: boolean): string[] {
  return scratch.map(
    ({ directory, pid }) =>
      `  ${toned('goes', 'bad', colour)}   ${directory}: process ${pid} that made it is gone`,
  );
}
