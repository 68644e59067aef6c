import { readFile, rename, stat, writeFile, chown } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSetting, type ClusterLocation } from '../../postgres/index.js';
import { syncFile, syncFolder } from '../../store/index.js';
import { quietSettings } from '../physical/prepare-restored.js';

/** A line of postgresql.auto.conf that a restore wrote, or that belongs to one recovery. */
const ofRecovery = /^\s*(recovery_target\w*|restore_command|# set by a restore)/;

/** Never taken from the old cluster: they belong to its machine's memory or to how it followed others. */
const neverBack = new Set(['dynamic_shared_memory_type', 'primary_conninfo', 'primary_slot_name']);

export interface SettingsPutBack {
  /** Settings of `postgresql.auto.conf` that are again as on the old cluster; those without a line follow `postgresql.conf`. */
  readonly back: readonly string[];
  /** Of archiving: switched off by the restore and still off. Where a cluster followed others from is left out for good. */
  readonly stillOff: readonly string[];
}

/**
 * Makes the settings of a restored cluster those of the one it replaces, which it was kept from: address and port, archiving, synchronous
 * standbys. Its file is written anew beside, then renamed. `archiving: 'off'` leaves the archive alone until somebody says so.
 */
export async function putBackSettings(
  old: string,
  restored: Pick<ClusterLocation, 'dataDirectory' | 'account'>,
  archiving: 'as-before' | 'off',
): Promise<SettingsPutBack> {
  const [was, is] = [await autoLines(old), await autoLines(restored.dataDirectory)];
  const places = ['listen_addresses', 'port', 'unix_socket_directories'];
  const switched = [...Object.keys(quietSettings), ...places].filter((name) => !neverBack.has(name));
  const leave = (name: string) => archiving === 'off' && name.startsWith('archive_');
  const back = switched.filter((name) => !leave(name));
  const kept = is.filter((line) => !ofRecovery.test(line) && !back.includes(nameOf(line)));
  const old_ = was.filter((line) => back.includes(nameOf(line)));
  const path = join(restored.dataDirectory, 'postgresql.auto.conf');
  await writeFile(`${path}.firedrill`, [...kept, ...old_, ''].join('\n'), { mode: 0o600 });
  if (restored.account) await chown(`${path}.firedrill`, restored.account.uid, restored.account.gid);
  await syncFile(`${path}.firedrill`);
  await rename(`${path}.firedrill`, path);
  await syncFolder(restored.dataDirectory);
  const set = new Set(old_.map(nameOf));
  const stillOff = kept.filter((line) => leave(nameOf(line)));
  return {
    back: back.map(
      (name) =>
        old_.findLast((line) => nameOf(line) === name) ??
        (set.has(name) ? name : `${name}: as in postgresql.conf`),
    ),
    stillOff: [...new Set(stillOff.filter((line) => isQuiet(line)))],
  };
}

function isQuiet(line: string): boolean {
  const value = quietSettings[nameOf(line)];
  return value !== undefined && line === formatSetting([nameOf(line), value]);
}

const nameOf = (line: string) => /^\s*([\w.]+)/.exec(line)?.[1]?.toLowerCase() ?? '';

async function autoLines(dataDirectory: string): Promise<string[]> {
  const path = join(dataDirectory, 'postgresql.auto.conf');
  const there = await stat(path).catch(() => null);
  return there === null
    ? []
    : (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
}
