import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import {
  assignCluster,
  guardLab,
  labPolicy,
  labSigner,
  labSlot,
  labStore,
  labTrustedKeys,
  openLab,
  startLabWal,
  trafficTarget,
  type LabClusterName,
} from '../../lab/index.js';
import { Failure } from '../../base/index.js';
import { Exit } from '../exit.js';
import type { CommonOptions } from '../output.js';
import { statePaths } from '../programme-paths.js';
import type { Chosen } from './choose-policy.js';
import type { BackupConfiguration } from './read-configuration.js';
import type { BackupScope } from './scope.js';

const dayMs = 86_400_000;

/** A lab that was left running, with a policy and a store of its own: everything can be tried without any configuration. */
export async function labScope(
  chosen: Chosen,
  configuration: BackupConfiguration,
  options: CommonOptions,
): Promise<BackupScope> {
  const lab = await openLab(keptLab(chosen, configuration, options));
  const location = trafficTarget(lab);
  return {
    ...{ policy: chosen.policy, environment: chosen.environment, kind: 'lab', way: chosen.way },
    ...{ location, standby: null },
    store: { name: 'lab', store: labStore(lab), keepForMs: dayMs, lockMs: null },
    copies: [],
    recipients: [],
    tables: labPolicy(lab.state()),
    wal: { directory: lab.paths.wal, slot: labSlot },
    ...{ keep: 3, safetyMs: dayMs },
    // Its application and observer may be idle: how old the newest row is would say nothing, so nothing requires it.
    ...{ freshness: null, smoke: [], required: [1, 3, 4, 5, 6, 7], identities: [], repository: null },
    signer: () => labSigner(lab),
    verifier: () => null,
    trusted: () => labTrustedKeys(lab),
    guard: (what) => guardLab(lab, location, what),
    hasFiles: true,
    server: {
      stop: () => Promise.resolve(false),
      // The lab's guard knows each incarnation of its clusters.
      started: async () => {
        const names = Object.entries(lab.state().names) as [LabClusterName, string][];
        for (const [name, directory] of names)
          if (directory === location.dataDirectory) await assignCluster(lab, name, location);
      },
      inService: async () => {
        try {
          await startLabWal(lab, location);
          return [];
        } catch (failure) {
          if (!(failure instanceof Failure)) throw failure;
          return [`nobody receives its log: ${failure.message}`];
        }
      },
    },
    release: () => lab.release(),
  };
}

function keptLab(
  { environment }: Chosen,
  { environments }: BackupConfiguration,
  options: CommonOptions,
): string {
  const section = Object.hasOwn(environments, environment) ? environments[environment] : undefined;
  if (section?.kind === 'lab' && section.directory !== undefined)
    return isAbsolute(section.directory) ? section.directory : join(options.directory, section.directory);
  const { labs } = statePaths(options.directory, '');
  const names = existsSync(labs)
    ? readdirSync(labs).filter((name) => existsSync(join(labs, name, 'lab.json')))
    : [];
  const [only] = names;
  if (only === undefined)
    throw new Exit(
      'environment',
      `no lab is running in ${labs}`,
      existsSync(join(options.directory, 'firedrill.yaml'))
        ? 'Make one with `firedrill lab up`.'
        : `There is no firedrill.yaml in ${options.directory}, so a lab was looked for: type --directory <folder>, or make a lab with \`firedrill lab up\`.`,
    );
  if (names.length === 1) return join(labs, only);
  if (names.includes('kept')) return join(labs, 'kept');
  throw new Exit(
    'usage',
    `there are ${names.length} labs: ${names.join(', ')}`,
    'Name the folder of one as `directory` of the environment in firedrill.yaml.',
  );
}
