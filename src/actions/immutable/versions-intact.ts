import { fetchFiles, listBackups } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import type { StoredVersion } from '../../store/index.js';
import { args, defineAction, shown, text } from '../define.js';
import { immutableCopy, originalsOf } from './outside.js';

export const storeVersionsIntact = defineAction({
  name: 'store.versions-intact',
  with: args({ since: { type: 'string', format: 'date-time', description: 'when the attack was noticed' } }, [
    'since',
  ]),
  outputs: {
    ok: 'true: every set from before is there, each file with the hash that its signed manifest gives; otherwise the step fails',
    sets: 'ids of these sets, newest first',
    covered: 'objects that somebody put a newer version over',
    hidden: 'objects that somebody hid behind a delete marker',
    traces: 'both in words',
    locked: 'whether the bucket still keeps versions and locks what is put there',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Read every set from before ${shown(given['since'])} out of the immutable store, as first put, and list what was done to it since`,
  preview: () => [
    'S3 ListObjectVersions',
    'S3 GetObject?versionId=<first version> of every file of every set',
  ],
  perform: async (given, { environment, signal, output, attach }) => {
    const originals = await originalsOf(environment, text(given['since']));
    const { trusted } = environment;
    const { sets, broken } = await listBackups(originals, trusted);
    const problems = broken.map((one) => `${one.id}: ${one.problem}`);
    for (const set of sets) {
      const { verdict, evidence } = await fetchFiles({ store: originals, set, trusted, into: null, signal });
      if (verdict !== 'pass') problems.push(...evidence.map((one) => `${set.id}: ${one}`));
    }
    const source = immutableCopy(environment).source();
    const traces = await tracesIn(source.versions(''));
    const { objectLock, versioning, defaultLockMs } = await source.probe(signal);
    const locked = objectLock && versioning && defaultLockMs !== null;
    const lines = [
      ...traces.covered.map((one) => `put over: ${one}`),
      ...traces.hidden.map((one) => `hidden: ${one}`),
    ];
    for (const line of lines) output(`${line}\n`);
    if (!locked) output('the bucket no longer locks what is put there: set its default lock again\n');
    const report = { since: given['since'], sets: sets.map((one) => one.id), problems, locked, ...traces };
    const evidence = await attach(
      'what was done to the immutable store',
      `${JSON.stringify(report, null, 2)}\n`,
      'json',
    );
    if (problems.length > 0 || sets.length === 0)
      throw new Failure(
        'check',
        problems.length > 0
          ? `the immutable store does not hold what it held: ${problems.slice(0, 5).join('; ')}`
          : `no set from before ${text(given['since'])} is in ${originals.describe}`,
        { hint: 'Look for another copy: an older store, another region, another account.' },
      );
    return {
      outputs: {
        ok: true,
        sets: sets.map((one) => one.id),
        covered: traces.covered.length,
        hidden: traces.hidden.length,
        traces: lines,
        locked,
      },
      evidence: [evidence],
    };
  },
});

interface Traces {
  readonly covered: readonly string[];
  readonly hidden: readonly string[];
}

/** Nothing of ours is ever put over or hidden: every second version and every marker is somebody else's. */
async function tracesIn(versions: AsyncIterable<StoredVersion>): Promise<Traces> {
  const [covered, hidden, seen] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for await (const { key, isDeleteMarker } of versions) {
    if (isDeleteMarker) hidden.add(key);
    else if (seen.has(key)) covered.add(key);
    else seen.add(key);
  }
  return { covered: [...covered], hidden: [...hidden] };
}
