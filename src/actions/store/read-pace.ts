import { bytesToRead, listBackups, requireKind } from '../../backup/index.js';
import { Failure, formatDuration, formatSize, parseDuration } from '../../base/index.js';
import { readPace } from '../../store/index.js';
import { args, defineAction, shown, text } from '../define.js';
import { immutableCopy, originalsOf } from '../immutable/outside.js';
import { outsideArguments } from '../postgres/outside-source.js';

/** Enough to be past the first packets, and short beside any recovery. */
const sample = { maxBytes: 8_000_000, maxMs: 5000 } as const;

/**
 * A store that crawls makes hours of a recovery, and nobody sees it until they have passed: so a piece is read first, and the rest is
 * reckoned from it. What is reckoned is called so; only the pace is measured.
 */
export const storeReadPace = defineAction({
  name: 'store.read-pace',
  with: args(
    {
      before: outsideArguments.before,
      within: { type: 'string', description: 'how long reading may take at that pace, e.g. `60m`' },
    },
    ['within'],
  ),
  outputs: {
    ok: 'true: at this pace the set and its log can be read in the time given; otherwise the step fails',
    place: 'which store was read',
    backup: 'the newest set there, which was read from',
    bytesPerSecond: 'how fast it came, measured',
    measuredBytes: 'how much was read to measure it',
    totalBytes: 'size of the set and of the log that follows it',
    reckonedMs: 'how long reading all of it once takes at that pace: reckoned, not measured; milliseconds',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Measure how fast the immutable copy is read, and whether all of it comes within ${shown(given['within'])}`,
  preview: () => ['S3 GetObject of the largest file of the newest set, 8 MB or 5 s of it'],
  perform: async (given, { environment, signal, output }) => {
    const withinMs = parseDuration(text(given['within']));
    if (withinMs === undefined)
      throw new Failure('invalid', `within: "${text(given['within'])}" is no duration`, {
        hint: 'Write it with a unit: `60m`.',
      });
    const place = immutableCopy(environment).source().describe;
    const store = await originalsOf(environment, given['before']);
    const { sets } = await listBackups(store, environment.trusted);
    const newest = sets.find((one) => one.manifest.kind === 'physical');
    const largest = newest?.manifest.files.toSorted((a, b) => b.bytes - a.bytes)[0];
    if (newest === undefined || largest === undefined)
      throw new Failure('check', `no set that could be read is in ${place}`, {
        hint: 'Look for another copy: an older store, another region, another account.',
      });
    const pace = await readPace(store, `${newest.id}/${largest.name}`, { ...sample, signal });
    const totalBytes = await bytesToRead(store, requireKind(newest, 'physical'), signal);
    const reckonedMs = Math.round((totalBytes * 1000) / pace.bytesPerSecond);
    const said =
      `${place} gives ${formatSize(pace.bytesPerSecond)}/s (measured over ${formatSize(pace.bytes)}): ` +
      `${newest.id} and its log, ${formatSize(totalBytes)}, take ${formatDuration(reckonedMs)} to read once at that pace`;
    output(`${said}\n`);
    if (reckonedMs > withinMs)
      throw new Failure('check', `the store is too slow: ${said}, and may take ${formatDuration(withinMs)}`, {
        hint: 'Find out what slows it down (its load, the network between), or read another copy; whoever goes on as it is must say when it will be done.',
        retryable: true,
      });
    return {
      outputs: {
        ok: true,
        place,
        backup: newest.id,
        bytesPerSecond: pace.bytesPerSecond,
        measuredBytes: pace.bytes,
        totalBytes,
        reckonedMs,
      },
    };
  },
});
