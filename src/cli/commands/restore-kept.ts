import { didYouMean, Failure } from '../../base/index.js';
import { acceptKept } from '../backup/accept-kept.js';
import { listKept, type KeptListing, type KeptRow } from '../backup/list-kept.js';
import { withScope } from '../backup/open-scope.js';
import { operate, type OperationOptions } from '../backup/operation.js';
import { keptLines } from '../backup/render-kept.js';
import type { RestoreOptions } from '../backup/restore-mode.js';
import { rollBackKept } from '../backup/roll-back-kept.js';
import { Exit } from '../exit.js';

/** Whether it is about what earlier restores replaced, not about a new one. */
export function asksForKept({ kept, accept, rollBack }: RestoreOptions): boolean {
  return kept || accept !== undefined || rollBack !== undefined;
}

/** `firedrill restore --kept`, `--accept <kept>`, `--roll-back <kept>`: what restores replaced is listed, let go, or put back. */
export async function restoreKept(
  given: string,
  own: RestoreOptions,
  options: OperationOptions,
): Promise<void> {
  requireAlone(given, own);
  await operate('restore', options, async (work) =>
    withScope(options, own, async (scope, scopes) => {
      const listing = await listKept(scopes, new Date());
      const wanted = own.accept ?? own.rollBack;
      if (wanted === undefined)
        return {
          lines: keptLines(scope.environment, listing, options.colour, process.stdout.columns),
          isAnswer: true,
          data: {
            environment: scope.environment,
            kept: listing.rows,
            problems: listing.problems.map(({ message }) => message),
          },
          log: `${listing.rows.length} kept`,
          ...(listing.problems.length === 0 ? {} : { failure: notAll(listing.problems) }),
        };
      const row = findRow(wanted, listing);
      const job = { row, scope, scopes, force: own.force, work };
      return own.accept === undefined ? rollBackKept(job) : acceptKept(job);
    }),
  );
}

/** A list that is silent about one would be read as “nothing is kept there”. The first decides the exit code. */
function notAll(problems: readonly Failure[]): Failure {
  const [first] = problems;
  const said = problems.map(({ message }) => message).join('; ');
  return new Failure(first?.reason ?? 'unavailable', `the list is not complete: ${said}`, {
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
  });
}

function requireAlone(given: string, own: RestoreOptions): void {
  const { kept, accept, rollBack, into, inPlace, database, table } = own;
  const asked = [kept ? true : undefined, accept, rollBack].filter((one) => one !== undefined).length;
  const others = [into, inPlace ? true : undefined, database, table, own.to, own.as, own.intoDatabase];
  if (asked === 1 && given === 'latest' && others.every((one) => one === undefined)) return;
  throw new Exit(
    'usage',
    asked > 1
      ? '--kept, --accept and --roll-back exclude each other'
      : '--kept, --accept and --roll-back are about earlier restores, and go with no set and no target',
  );
}

/** By its name, or, for a cluster, its folder. */
function findRow(given: string, { rows, problems }: KeptListing): KeptRow {
  const found = rows.find((one) => one.name === given || one.directory === given);
  if (found !== undefined) return found;
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  const names = rows.map((one) => one.name);
  const near = didYouMean(given, names);
  const there = names.length === 0 ? 'Nothing is kept.' : `What is kept: ${names.join(', ')}.`;
  throw new Exit(
    'usage',
    `nothing is kept under the name "${given}"`,
    near === undefined ? `${there} \`firedrill restore --kept\` lists it.` : `Did you mean ${near}?`,
  );
}
