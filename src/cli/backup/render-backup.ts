import type { BackupManifest } from '../../backup/index.js';
import { formatDuration, formatSize } from '../../base/index.js';
import { toned } from './colour.js';
import type { Sent } from './send-copies.js';

/** One backup as it ended. */
export interface BackupDone {
  readonly policy: string;
  readonly environment: string;
  /** Null: no set was taken, only what the copies lacked was sent. */
  readonly set: {
    readonly id: string;
    readonly way: BackupManifest['kind'];
    readonly store: string;
    readonly where: string;
    readonly directory: string;
    readonly bytes: number;
    readonly serverBytes: number;
    readonly durationMs: number;
    readonly encryptedFor: readonly string[];
    /** Encrypted, and no identity of this machine is declared: a verification here would end at its first test. */
    readonly sealedHere: boolean;
    readonly expectation: { readonly kind: 'exact' | 'partial'; readonly source: string };
    readonly losses: readonly string[];
  } | null;
  readonly copies: readonly Sent[];
}

export function setDone(
  manifest: BackupManifest,
  place: { readonly store: string; readonly where: string; readonly directory: string },
  identities: readonly string[],
): NonNullable<BackupDone['set']> {
  const { expectation } = manifest;
  return {
    ...{ id: manifest.id, way: manifest.kind, ...place },
    bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
    serverBytes: manifest.server.bytes,
    durationMs: manifest.times.totalMs,
    encryptedFor: manifest.encryption,
    sealedHere: manifest.encryption.length > 0 && identities.length === 0,
    expectation: { kind: expectation.kind, source: expectation.source },
    losses: manifest.losses,
  };
}

/** For people: what was made, where it is, what it is worth, what to do next. */
export function backupLines(done: BackupDone, colour: boolean): string[] {
  const { set, copies } = done;
  const lines: string[] = [];
  if (set !== null) {
    const rate = formatSize(Math.round(set.serverBytes / Math.max(set.durationMs / 1000, 0.001)));
    const sealed =
      set.encryptedFor.length === 0 ? 'signed, not encrypted' : `encrypted for ${labels(set.encryptedFor)}`;
    lines.push(
      `${toned('✓', 'good', colour)} ${set.way} backup ${set.id}`,
      `  size         ${formatSize(set.bytes)}, of ${formatSize(set.serverBytes)} in the server; ${sealed}`,
      `  time         ${formatDuration(set.durationMs)} (${rate}/s of the server's data)`,
      `  where        ${set.store} (${set.where})`,
      `  expectation  ${set.expectation.kind}: ${set.expectation.source}`,
      ...lossLines(set.losses, colour),
    );
  } else lines.push(`sent what the copies of ${done.policy} lacked`);
  for (const copy of copies) lines.push(`  copy         ${copyLine(copy, colour)}`);
  if (set !== null) {
    lines.push(`  next         firedrill verify ${set.id} --full${nextEnvironment(done)}`);
    if (set.sealedHere) lines.push('               on a machine that has an identity; none is declared here');
  }
  return lines;
}

function lossLines(losses: readonly string[], colour: boolean): string[] {
  if (losses.length === 0) return [];
  const shown = losses.slice(0, 5);
  const more = losses.length - shown.length;
  return [
    `  ${toned('not in it', 'doubtful', colour)}    a restore will not bring back:`,
    ...shown.map((loss) => `               ${loss}`),
    ...(more > 0 ? [`               and ${more} more; --format json names all`] : []),
  ];
}

function copyLine({ store, where, sets, bytes, wal, problem }: Sent, colour: boolean): string {
  if (problem !== null) return `${toned('✗', 'bad', colour)} ${store} (${where}): ${problem.message}`;
  const log =
    wal === null
      ? ''
      : `; log: ${wal.shipped} ${wal.shipped === 1 ? 'segment' : 'segments'}, up to ${wal.upTo ?? 'nothing yet'}`;
  const what =
    sets.length === 0
      ? 'nothing was missing'
      : `${sets.length} ${sets.length === 1 ? 'set' : 'sets'}, ${formatSize(bytes)}`;
  return `${toned('✓', 'good', colour)} ${store} (${where}): ${what}${log}`;
}

/** `age1… operations` is known to people by its label. */
function labels(recipients: readonly string[]): string {
  return recipients.map((one) => one.split(' ').slice(1).join(' ') || one).join(' and ');
}

function nextEnvironment({ policy, environment }: BackupDone): string {
  return policy === 'lab' ? ` --environment ${environment}` : ` --policy ${policy}`;
}
