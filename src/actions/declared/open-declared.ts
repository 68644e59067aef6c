import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../base/index.js';
import { findPostmaster } from '../../postgres/index.js';
import { readClusterFiles } from './cluster-files.js';
import { noteStandby } from './declared-standby.js';
import { askTarget } from './declared-traffic.js';
import { judgeDeclared, type Sighting } from './judge-declared.js';
import { judgePlace, observePlace, workFolder } from './made-places.js';
import { notDeclared, type DeclaredSettings } from './settings.js';
import {
  readState,
  recordAt,
  withRecord,
  type DeclaredRecord,
  type DeclaredState,
  type StateFile,
} from './state.js';

/**
 * Looks at the declared cluster and records it durably, or, in a run that is resumed, holds it against what was recorded.
 * Nothing is changed. Rejects with `refused`, naming every part that differs.
 */
export async function openDeclared(
  settings: DeclaredSettings,
  runId: string,
  state: StateFile,
): Promise<Sighting> {
  // Learnt now, not at the step that needs it.
  if (settings.storeDirectory === '') throw notDeclared(settings, 'store', 'store');
  const before = readState(state.file);
  const isAside = before !== null && (await hasMadeWay(settings, before));
  // Once it was put aside or replaced its address may be another cluster's.
  const silence = before?.names['set-aside'] === undefined ? 'it is gone' : 'it was put aside';
  const passed = (why: string): Sighting => ({
    ...{ inode: null, postmaster: null, fingerprint: null, silence: why, wrong: [] },
  });
  // Fenced, it may sleep, wake or follow the other region: none of that speaks against going on.
  const seen: Sighting = isAside
    ? passed(silence)
    : before?.givenUp === true
      ? passed('its region was given up')
      : await judgeDeclared(settings);
  const wrong = [...seen.wrong];
  const old = before === null ? undefined : recordAt(before, settings.primary.dataDirectory);
  if (old !== undefined && seen.inode !== null && seen.inode !== old.inode)
    wrong.push(`inode of its data directory is ${seen.inode}, recorded ${old.inode ?? 'none'}`);
  // A run begins where clients are; later a step of its own may have moved them.
  if (before === null && wrong.length === 0) wrong.push(...(await clientsElsewhere(settings)));
  if (wrong.length > 0) {
    throw new Failure('refused', `this is not environment ${settings.name}: ${wrong.join('; ')}`, {
      hint: `Nothing was changed. Compare with \`environments.${settings.name}\` in firedrill.yaml.`,
    });
  }
  const kept = before ?? emptyState(settings.name);
  const own =
    old !== undefined && before?.givenUp === true
      ? await lookAtGivenUp(settings, old)
      : isAside && old !== undefined
        ? old
        : recordOf(settings, seen, old);
  let next = withRecord(kept, own);
  next = { ...next, names: { ...next.names, primary: settings.primary.dataDirectory } };
  for (const record of kept.clusters)
    if (record.token !== null) next = withRecord(next, await lookAgain(settings, runId, next, record));
  await state.write(next);
  await noteStandby(settings, state);
  return seen;
}

/** Its files are not where they were, and this run has put them aside or makes another cluster in their stead. */
async function hasMadeWay(settings: DeclaredSettings, { names }: DeclaredState): Promise<boolean> {
  if (settings.dataDirectory === null) return false;
  if (names['set-aside'] === undefined && names.replacement === undefined) return false;
  return isGone(settings.dataDirectory);
}

/** Only an answer counts: a switch that cannot tell says nothing against the target. */
async function clientsElsewhere(settings: DeclaredSettings): Promise<string[]> {
  const { primary, declared } = settings;
  if (declared.traffic === undefined) return [];
  const at = await askTarget(settings, declared.traffic.target).catch(() => null);
  if (at === null || (at.host === primary.host && at.port === primary.port)) return [];
  return [`clients are sent to ${at.host}:${at.port}, declared is ${primary.host}:${primary.port}`];
}

function emptyState(environment: string): DeclaredState {
  return { v: 1, environment, openedAt: new Date().toISOString(), clusters: [], names: {} };
}

function recordOf(
  settings: DeclaredSettings,
  { inode, postmaster, fingerprint }: Sighting,
  old: DeclaredRecord | undefined,
): DeclaredRecord {
  const identity =
    postmaster === null
      ? null
      : { pid: postmaster.pid, startTicks: postmaster.startTicks, bootId: postmaster.bootId };
  // What was seen once is not forgotten while the server is down.
  return {
    location: settings.primary,
    token: null,
    inode: inode ?? old?.inode ?? null,
    fingerprint: fingerprint ?? (postmaster === null ? (old?.fingerprint ?? null) : null),
    postmaster: identity,
  };
}

/** A fenced cluster whose server was restarted is the same one, if place, inode and system are. */
export async function lookAtGivenUp(
  settings: DeclaredSettings,
  old: DeclaredRecord,
): Promise<DeclaredRecord> {
  if (settings.dataDirectory === null) return old;
  const files = await readClusterFiles(settings.dataDirectory);
  if (files?.inode !== old.inode) return old;
  if (files.systemIdentifier !== settings.declared.fingerprint.systemIdentifier) return old;
  const now = await findPostmaster(settings.dataDirectory);
  const postmaster = now === null ? null : { pid: now.pid, startTicks: now.startTicks, bootId: now.bootId };
  return { ...old, fingerprint: null, postmaster };
}

/** A cluster of this run whose server was restarted between two sessions is the same one, if its place, inode and system are. */
async function lookAgain(
  settings: DeclaredSettings,
  runId: string,
  state: DeclaredState,
  record: DeclaredRecord,
): Promise<DeclaredRecord> {
  if (record.fingerprint === null) return record;
  const isAside = state.names['set-aside'] === record.location.dataDirectory;
  const wrong = await judgePlace(settings, runId, record, isAside ? settings.outside : []);
  if (wrong.length > 0) return record;
  const now = await observePlace(record).catch(() => null);
  const same =
    now?.inode === record.inode && now.fingerprint?.systemIdentifier === record.fingerprint.systemIdentifier;
  return same ? now : record;
}

/** What a recovery will miss, said before it is needed. */
export async function shortcomings(settings: DeclaredSettings, runId: string): Promise<string[]> {
  const { declared, dataDirectory, workDirectory, name } = settings;
  const found: string[] = [];
  if (declared.regions > 1) {
    if (settings.standby === null) found.push('no `standby`: people promote the other region');
    if (declared.fence === undefined)
      found.push('no `fence`: people shut a lost region off, and nothing proves it');
    if (declared.thirdPlace === undefined)
      found.push('no `thirdPlace`: a broken line cannot be told from a lost region');
  }
  if (dataDirectory === null)
    found.push('no `database.dataDirectory`: nothing that changes the cluster will be allowed');
  if (declared.application === undefined) found.push('no `application`: people start and stop it');
  if (declared.traffic === undefined && declared.replacementPort !== declared.database.port)
    found.push('no `traffic`: people send clients to a restored cluster');
  if (settings.wal === null) found.push('no `wal`: no restore, and no protection of a new primary');
  if (declared.signing === undefined) found.push('no `signing`: no backup is believed');
  if (declared.database.service !== undefined)
    found.push('`database.service`: a live run uses host, port and passfile only');
  if (workDirectory === null) found.push('no `workDirectory`: nothing can be put aside or restored');
  else {
    const unusable = await workFolder(settings, runId).then(
      () => null,
      (error: unknown) => (error instanceof Failure ? error.message : String(error)),
    );
    if (unusable !== null) found.push(unusable);
    else if (dataDirectory !== null && !(await onOneDisk(workDirectory, dataDirectory)))
      found.push(`workDirectory ${workDirectory} is on another file system: nothing can be put aside there`);
  }
  return found.map((one) => `${one} (environment ${name})`);
}

async function onOneDisk(a: string, dataDirectory: string): Promise<boolean> {
  const [one, other] = await Promise.all(
    [a, dirname(dataDirectory)].map((path) => stat(path).catch(() => null)),
  );
  return one?.dev === other?.dev;
}

async function isGone(path: string): Promise<boolean> {
  return stat(path).then(
    () => false,
    () => true,
  );
}
