import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  fileProblems,
  hashFile,
  inFolder,
  listBackups,
  manifestName,
  newestUsable,
  requireKind,
} from '../../backup/index.js';
import { Failure, type JsonObject } from '../../base/index.js';
import { cutFile, flipBit, removeFile } from '../../damage/index.js';
import { liesInside } from '../containment.js';
import { guardLab } from '../guard.js';
import type { Lab } from '../lab.js';
import { backUpLab, labStore, labTrustedKeys } from '../protect.js';
import { trafficTarget } from '../traffic-switch.js';
import { faultNote } from './fault-note.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

const ways = {
  truncate: { does: 'cuts the largest file of it in half', harm: cutFile },
  flip: { does: 'turns one bit of its largest file over', harm: flipBit },
  'remove-manifest': { does: 'removes its manifest', harm: removeFile },
} as const;
type Way = keyof typeof ways;

interface Note extends JsonObject {
  readonly how: Way;
  /** The set that is left sound, older than the broken one. */
  readonly sound: string;
  readonly backup: string;
  readonly file: string;
  readonly bytes: number;
  readonly beforeSha256: string;
  /** Null while the harm is only intended. */
  readonly at: string | null;
  readonly seen: string | null;
}

/** Takes one more backup, so that an older sound one is kept, and breaks the new one where it lies. */
export const breakNewestBackup: LabFault = {
  name: 'break-newest-backup',
  with: {
    type: 'object',
    additionalProperties: false,
    properties: { how: { type: 'string', enum: Object.keys(ways), default: 'truncate' } },
  },
  describe: (args) => `takes a newer backup and ${ways[wayOf(args)].does}; an older sound one is kept`,
  preview: (args) => [
    'pg_basebackup into <store>/<set>',
    wayOf(args) === 'truncate'
      ? 'truncate <store>/<set>/<largest file> to half of it'
      : wayOf(args) === 'flip'
        ? 'write one changed byte into the middle of <store>/<set>/<largest file>'
        : `rm <store>/<set>/${manifestName}`,
    'sha256 of every file of <set>, compared with its signed manifest',
  ],
  async inject(lab, request): Promise<InjectedFault> {
    const note = faultNote(lab, request.id);
    const location = trafficTarget(lab);
    const how = wayOf(request.args);
    const guard = async () => guardLab(lab, location, `break the newest backup of ${location.dataDirectory}`);
    await guard();
    let plan = note.read() as Note | null;
    if (plan === null) {
      plan = await prepare(lab, how, request.signal);
      note.write(plan);
    }
    if (plan.at === null) {
      await guard();
      const at = new Date().toISOString();
      const folder = join(lab.paths.backups, plan.backup);
      if (!(await liesInside(lab.directory, folder)))
        throw new Failure('refused', `${folder} does not lie in this lab: it is not to be hurt`);
      const path = join(folder, plan.file);
      // After a crash between harm and note it is done already; a bit turned over twice would be sound again.
      if (existsSync(path) && (await hashFile(path)).sha256 === plan.beforeSha256)
        await ways[plan.how].harm({ path, allowedRoot: lab.paths.backups });
      plan = { ...plan, at, seen: await look(lab, plan) };
      note.write(plan);
    }
    return { groundTruth: plan, proof: { at: plan.at, message: plan.seen } };
  },
};

async function prepare(lab: Lab, how: Way, signal: AbortSignal): Promise<Note> {
  // Rejects when there is none: then nothing would be left to come back to.
  const { set: sound } = await newestUsable({
    store: labStore(lab),
    trusted: labTrustedKeys(lab),
    walDirectory: lab.paths.wal,
    signal,
  });
  const backup = await backUpLab(lab, trafficTarget(lab), signal);
  const listed = (await listBackups(labStore(lab), labTrustedKeys(lab))).sets.find(
    (set) => set.id === backup,
  );
  const largest = listed?.manifest.files.toSorted((a, b) => b.bytes - a.bytes)[0];
  if (largest === undefined) throw new Failure('unavailable', `backup ${backup} has no file to break`);
  const file = how === 'remove-manifest' ? manifestName : largest.name;
  const { bytes, sha256 } = await hashFile(join(lab.paths.backups, backup, file));
  return { v: 1, how, sound: sound.id, backup, file, bytes, beforeSha256: sha256, at: null, seen: null };
}

/** What an honest look at the set says of it now. Rejects with `check` when nothing is wrong with it. */
async function look(lab: Lab, { backup }: Note): Promise<string> {
  const store = labStore(lab);
  const { sets, broken } = await listBackups(store, labTrustedKeys(lab));
  const unlisted = broken.find((one) => one.id === backup);
  if (unlisted !== undefined) return unlisted.problem;
  const listed = sets.find((set) => set.id === backup);
  if (listed === undefined) return 'it is not in the store';
  const { directory, files } = inFolder(store, requireKind(listed, 'physical'));
  const [problem] = await fileProblems(directory, files);
  if (problem !== undefined) return problem;
  throw new Failure('check', `backup ${backup} is as sound as before: the harm did not take effect`);
}

function wayOf({ how }: JsonObject): Way {
  return typeof how === 'string' && Object.hasOwn(ways, how) ? (how as Way) : 'truncate';
}
