import { join } from 'node:path';
import { systemClock } from '../../dist/base/index.js';
import { noteChildrenIn } from '../../dist/children/index.js';
import { actionPort } from '../../dist/cli/action-port.js';
import { identityPort, ownIdentity } from '../../dist/cli/session.js';
import { makeRedactor, openArtefacts } from '../../dist/evidence/index.js';
import { runToEnd } from '../../dist/executor/index.js';
import { openJournal } from '../../dist/journal/index.js';

const runId = '2027-01-17T010203Z-bench-k3f9';

/** There is nothing to make, to watch or to remove: only steps are measured. */
const emptyEnvironment = {
  open: () => Promise.resolve({ kind: 'lab', values: {}, fingerprint: {}, notExercised: [] }),
  observe: () => Promise.resolve(null),
  inject: () => Promise.reject(new Error('there is no fault')),
  close: () => Promise.resolve({ released: [], leftovers: [] }),
};

/**
 * Runs a plan in a folder through the product's own executor, actions, artefacts, redaction and journal on disk. `watch` gets
 * the feed when the run begins. Resolves to the entries; throws when the run did not complete.
 */
export async function runGenerated(plan, directory, watch = () => undefined) {
  const clock = systemClock();
  const session = 's-bench';
  const scratch = join(directory, 'scratch');
  const leaseDirectory = join(directory, 'leases');
  const journal = await openJournal({
    file: join(directory, 'journal.jsonl'),
    ...{ session, clock, leaseDirectory, runId, identity: identityPort },
  });
  const stopNoting = noteChildrenIn(join(directory, 'children'));
  try {
    const { pid, bootId } = ownIdentity();
    const redactor = makeRedactor({ secrets: [] });
    const { feed, done } = runToEnd({
      ...{ plan, runId, journal },
      ports: { clock, environment: emptyEnvironment, actions: actionPort(plan, () => ({}), scratch, clock) },
      artefacts: openArtefacts({ recordDirectory: directory, scratchDirectory: scratch, redactor }),
      opening: {
        planSha256: '0'.repeat(64),
        tool: { version: '0', node: process.versions.node },
        host: { name: 'bench', platform: process.platform, user: 'bench' },
        clock: { synchronised: null, source: 'unknown' },
      },
      takeUp: { session, pid, bootId, orphansEnded: [], tornBytes: 0 },
    });
    watch(feed);
    const state = await done;
    if (state.ended?.status !== 'completed') throw new Error(`the run ended as ${state.ended?.status}`);
    return journal.entries;
  } finally {
    stopNoting();
    await journal.close();
  }
}
