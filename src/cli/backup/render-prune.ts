import type { planRemoval, Pruned, PrunePlan, SafetyCopy } from '../../backup/index.js';
import { formatSize } from '../../base/index.js';
import { toned } from './colour.js';
import type { KeptPruned } from './prune-kept.js';
import type { StorePruned } from './prune-store.js';
import type { LeftScratch } from './left-scratch.js';

/** What would go, and why each of the others stays. */
function pruneLines(policy: string, store: string, plan: PrunePlan, colour: boolean): string[] {
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
      ? `  ${toned('goes', 'bad', colour)}   ${segments} ${segments === 1 ? 'segment' : 'segments'} of the log, ${formatSize(wal.bytes)}: no set that stays needs them`
      : `  ${toned('stays', 'good', colour)}  the log${wal.staysBecause === null ? ': all of it is needed' : `: ${wal.staysBecause}`}`,
    ...uploads.map(
      (one) =>
        `  ${toned('goes', 'bad', colour)}   unfinished upload of ${one.key}, ${formatSize(one.bytes)}: nobody has gone on with it since ${one.touchedAt}`,
    ),
    ...warnings.map((warning) => `  ${toned('warning', 'doubtful', colour)} ${warning}`),
  ];
}

function prunedLines({ removed, bytes, uploads, left }: Pruned): string[] {
  const parts = uploads === 0 ? '' : `, ${uploads} unfinished ${uploads === 1 ? 'upload' : 'uploads'}`;
  return [
    `  removed ${removed.length} ${removed.length === 1 ? 'set' : 'sets'}${parts}, ${formatSize(bytes)}`,
    ...left.map(({ what, problem }) => `  left: ${what}: ${problem}`),
  ];
}

/** One store of one policy as it was pruned, or would be; one that nobody could look at stands out. */
export function storePrunedLines(
  { policy, store, plan, done, safety, problem }: StorePruned,
  colour: boolean,
): string[] {
  return [
    ...(problem === null
      ? []
      : [
          `policy ${policy}, store ${store}: ${toned(plan === null ? 'not done' : 'not all done', 'bad', colour)}: ${problem.message}`,
        ]),
    ...(plan === null ? [] : pruneLines(policy, store, plan, colour)),
    ...(safety === null ? [] : safetyLines(safety, colour)),
    ...(done === null ? [] : prunedLines(done)),
  ];
}

/** The same of what restores replaced or took before. */
function safetyLines({ remove, keep }: ReturnType<typeof planRemoval>, colour: boolean): string[] {
  return [
    ...remove.map((one) => `  ${toned('goes', 'bad', colour)}   ${described(one)}: ${whyItGoes(one)}`),
    ...keep.map(({ copy, why }) => `  ${toned('stays', 'good', colour)}  ${described(copy)}: ${why}`),
  ];
}

/** Databases and clusters that restores replaced. */
export function keptPrunedLines({ environment, plan, problem }: KeptPruned, colour: boolean): string[] {
  const { remove, keep } = plan;
  if (problem === null && remove.length + keep.length === 0) return [];
  return [
    `environment ${environment}, replaced by restores: ${remove.length} of ${remove.length + keep.length} go`,
    ...safetyLines(plan, colour),
    ...(problem === null
      ? []
      : [`  ${toned('warning', 'doubtful', colour)} not all could be looked at or removed: ${problem}`]),
  ];
}

function described({ kind, name, of, bytes }: SafetyCopy): string {
  const size = formatSize(bytes);
  if (kind === 'set') return `${name}  ${size}: a copy from before a restore, of ${of}`;
  return `${name}  ${size}: the ${kind} that a restore replaced, ${of}`;
}

function whyItGoes({ accepted }: SafetyCopy): string {
  return accepted
    ? 'its restore was accepted'
    : 'it is older than the policy keeps it, and an older one of the same stays';
}

/** What killed verifications and restores left on this machine. */
export function scratchLines(scratch: readonly LeftScratch[], colour: boolean): string[] {
  return scratch.map(({ directory, why }) => `  ${toned('goes', 'bad', colour)}   ${directory}: ${why}`);
}
