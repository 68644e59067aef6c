import { Failure } from '../../base/index.js';
import { readFingerprint, type ClusterLocation } from '../../postgres/index.js';
import type { RegionOptions, Woken } from '../region/region-port.js';
import type { ClientWrite } from './knock.js';
import { runOrFail } from './run-command.js';
import type { DeclaredSettings } from './settings.js';

const wakeMs = 300_000;

/** Brings the fenced region's server back twice, with the environment's command, and writes each time at its old address. */
export async function wakeLostRegion(
  settings: DeclaredSettings,
  argv: readonly string[],
  behind: ClusterLocation,
  options: RegionOptions,
  write: () => Promise<ClientWrite>,
): Promise<{ readonly continued: Woken; readonly restarted: Woken }> {
  const wake = async (how: 'continue' | 'restart'): Promise<Woken> => {
    await runOrFail(settings, [...argv, how], wakeMs, options);
    const seen = await lookBehind(settings, behind);
    return { ...seen, write: await write() };
  };
  return { continued: await wake('continue'), restarted: await wake('restart') };
}

async function lookBehind({ declared }: DeclaredSettings, behind: ClusterLocation) {
  const { systemIdentifier, inRecovery, timeline } = await readFingerprint(behind);
  const expected = declared.fingerprint.systemIdentifier;
  if (systemIdentifier !== expected)
    throw new Failure(
      'refused',
      `${behind.host}:${behind.port} is not the fenced database: its system identifier is ${systemIdentifier}, declared is ${expected}`,
      { hint: 'Correct `fence.behind` in firedrill.yaml.' },
    );
  return { awake: true, takesWrites: !inRecovery, timeline };
}
