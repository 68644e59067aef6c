import { Failure, parseDuration } from '../../base/index.js';
import { findTools, type PostgresTools } from '../../postgres/index.js';
import { Exit } from '../exit.js';
import { withScopes } from '../backup/open-scope.js';
import { operate, type OperationOptions, type Work } from '../backup/operation.js';
import { backupLines, setDone, type BackupDone } from '../backup/render-backup.js';
import type { BackupScope, Way } from '../backup/scope.js';
import { sendCopies, type Sent } from '../backup/send-copies.js';
import { hold, requireStore, takeSet } from '../backup/take-set.js';
import { aboutJob, observeJob } from '../jobs/observe-job.js';

export interface BackupOptions {
  readonly environment?: string;
  readonly way?: Way;
  readonly all: boolean;
  /** Sends nothing to the copies. */
  readonly localOnly: boolean;
  /** Takes no set: the copies get what they lack, the log included. */
  readonly walOnly: boolean;
  readonly wait?: string;
}

/** `firedrill backup [policy]`: prerequisites, set, copies, log; in this order, and said honestly when one of them fails. */
export async function backup(
  policy: string | undefined,
  own: BackupOptions,
  options: OperationOptions,
): Promise<void> {
  const waitMs = own.wait === undefined ? 0 : parseDuration(own.wait);
  if (waitMs === undefined)
    throw new Exit(
      'usage',
      `--wait ${own.wait ?? ''} is no duration`,
      'Type a number and a unit, like 90s or 15m.',
    );
  if (own.walOnly && own.localOnly)
    throw new Exit(
      'usage',
      '--wal-only sends to the copies, and --local-only sends nothing',
      'Type one of them.',
    );
  await operate('backup', options, async (work) => {
    const { environment, way, all } = own;
    const wanted = {
      all,
      ...(policy === undefined ? {} : { policy }),
      ...(environment === undefined ? {} : { environment }),
      ...(way === undefined ? {} : { way }),
    };
    return withScopes(options, wanted, async (scopes) => {
      const tools = await findTools();
      const done: BackupDone[] = [];
      const failed: Failure[] = [];
      for (const scope of scopes) {
        // One dead server must not end the backups of all others.
        const one = await observed(scope, options, own.walOnly, async () =>
          backUp(scope, tools, { ...own, waitMs }, work),
        ).catch((failure: unknown) => {
          if (failure instanceof Failure && failure.reason === 'cancelled') throw withTaken(failure, done);
          if (!(failure instanceof Failure) || scopes.length === 1) throw failure;
          failed.push(failure);
          return null;
        });
        if (one !== null) done.push(one);
      }
      const unsent = done.flatMap((one) =>
        one.copies.flatMap((copy) => (copy.problem === null ? [] : [{ one, copy }])),
      );
      return {
        data: { backups: done.map(plain) },
        lines: done.flatMap((one) => backupLines(one, options.colour)),
        log: done.map((one) => one.set?.id ?? `copies of ${one.policy}`).join(', '),
        ...(unsent.length === 0 ? {} : { failure: notSent(unsent) }),
        ...(failed[0] === undefined ? {} : { failure: allOf(failed, failed[0]) }),
      };
    });
  });
}

/** Sending the log is no backup; one whose copy did not arrive is none that succeeded. */
async function observed(
  scope: BackupScope,
  options: OperationOptions,
  walOnly: boolean,
  take: () => Promise<BackupDone>,
): Promise<BackupDone> {
  if (walOnly) return take();
  return observeJob(options, aboutJob('backup', [scope]), async () => {
    const value = await take();
    const failed = value.copies.some((copy) => copy.problem !== null);
    return { value, set: value.set?.id ?? null, failed };
  });
}

/** Whoever stops the third of three backups has two. */
function withTaken(failure: Failure, done: readonly BackupDone[]): Failure {
  const ids = done.flatMap((one) => (one.set === null ? [] : [`${one.set.id} in store ${one.set.store}`]));
  if (ids.length === 0) return failure;
  return new Failure('cancelled', `${failure.message}; taken before that: ${ids.join(', ')}`, {
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    cause: failure,
  });
}

/** The first decides the exit code; the message names them all. */
function allOf(failed: readonly Failure[], first: Failure): Failure {
  if (failed.length === 1) return first;
  return new Failure(first.reason, failed.map((one) => one.message).join('; '), {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  });
}

async function backUp(
  scope: BackupScope,
  tools: PostgresTools,
  { localOnly, walOnly, waitMs }: Pick<BackupOptions, 'localOnly' | 'walOnly'> & { readonly waitMs: number },
  work: Work,
): Promise<BackupDone> {
  const { policy, environment } = scope;
  const target = requireStore(scope);
  if (walOnly && scope.copies.length === 0)
    throw new Failure('invalid', `policy ${policy} has no copies: there is nowhere to send the log`, {
      hint: `Name a store under \`copies\` of \`policies.${policy}\` in firedrill.yaml.`,
    });
  const purpose = `backup of ${environment}`;
  // A copy must not begin while what it reads may be pruned; the log alone disturbs nobody.
  const turn = walOnly ? null : await hold(target, { work: 'backup', purpose, waitMs }, work);
  try {
    const made = walOnly ? null : await takeSet(scope, tools, work);
    const set =
      made === null
        ? null
        : setDone(
            made.manifest,
            { store: target.name, where: target.store.describe, directory: made.directory },
            scope.identities,
          );
    if (localOnly) return { policy, environment, set, copies: [] };
    const copies = await sendCopies(scope, work).catch((failure: unknown) => {
      // The set is there and good, whatever came after it.
      if (failure instanceof Failure && set !== null)
        throw new Failure(
          failure.reason,
          `backup ${set.id} is in store ${target.name}, but ${failure.message}`,
          {
            ...(failure.hint === undefined ? {} : { hint: failure.hint }),
            cause: failure,
          },
        );
      throw failure;
    });
    return { policy, environment, set, copies };
  } finally {
    await turn?.release().catch(() => undefined);
  }
}

/** Local is not safe: whoever reads only the exit code must learn that the copy is not where it should be. */
function notSent(unsent: readonly { readonly one: BackupDone; readonly copy: Sent }[]): Failure {
  const said = unsent.map(({ one, copy }) => {
    const kept = one.set === null ? '' : `backup ${one.set.id} is in store ${one.set.store}, but `;
    return `${kept}store ${copy.store} did not get everything: ${copy.problem?.message ?? ''}`;
  });
  const [first] = unsent;
  const hint = first?.copy.problem?.hint;
  return new Failure('unavailable', said.join('; '), {
    hint: `${hint === undefined ? '' : `${hint} `}Then type \`firedrill backup ${first?.one.policy ?? ''} --wal-only\`, which sends what is missing.`,
  });
}

function plain(done: BackupDone): unknown {
  return {
    ...done,
    copies: done.copies.map((copy) => ({ ...copy, problem: copy.problem?.message ?? null })),
  };
}
