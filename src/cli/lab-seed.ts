import { declaredTrust, openStore, readDeclared } from '../actions/index.js';
import { formatAge, formatSize, isJsonObject, type JsonObject } from '../base/index.js';
import type { Attach } from '../executor/index.js';
import type { DataListing, LabSeed, LabState } from '../lab/index.js';
import type { Plan } from '../language/index.js';
import type { DestroyedData } from '../run/index.js';

/** What a lab with the organisation's own data does not have. */
export const standIn = 'your application: a minimal one stands in for it, with tables of its own';

/** Where this plan's lab gets its data from; null for the sample database. Nothing is opened yet. */
export async function labSeedOf(plan: Plan, directory: string): Promise<LabSeed | null> {
  const { settings } = plan.environment;
  const frozen = settings['seed'];
  if (!isJsonObject(frozen)) return null;
  const { environment, section, stores } = frozen as unknown as {
    readonly environment: string;
    readonly section: JsonObject;
    readonly stores: readonly string[];
  };
  const declared = await readDeclared(
    environment,
    { ...section, stores: settings['stores'] ?? {} },
    directory,
  );
  const { policy, sentinel, identities = [] } = declared.declared;
  return {
    from: typeof settings['from'] === 'string' ? settings['from'] : environment,
    ...{ environment, origin: declared.primary },
    stores: stores.flatMap((name) => {
      const document = declared.stores[name];
      return document === undefined ? [] : [{ name, store: openStore(document, directory) }];
    }),
    trusted: () => declaredTrust(declared),
    identities: identities.map((file) => declared.path(file)),
    walDirectory: declared.wal?.directory ?? null,
    policy: { staticTables: policy.staticTables, appendOnly: policy.appendOnly },
    probe: probeOf(plan) ?? qualified(sentinel?.relation) ?? null,
  };
}

/** The relation that the drill is about: the one that its disaster hits. */
function probeOf({ faults }: Plan): string | undefined {
  const named = faults.flatMap((fault) => {
    const relation = fault.sabotage ? undefined : fault.with['relation'];
    return typeof relation === 'string' ? [relation] : [];
  });
  return qualified(named[0]);
}

function qualified(relation: string | undefined): string | undefined {
  return relation === undefined || relation.includes('.') ? relation : `public.${relation}`;
}

/** For the record and for people: on whose data the drill runs, and how old and large they are. */
export function whoseData(
  { seed, scale }: Pick<LabState, 'seed' | 'scale'>,
  configuredScale: number | null,
  nowMs: number,
): JsonObject {
  const origin = seed?.origin ?? null;
  if (origin === null) {
    const asked =
      configuredScale === null ? '' : ` at scale ${scale}, by --scale (configured: ${configuredScale})`;
    return { data: `sample database${asked}: mechanism exercised` };
  }
  const { set, takenAt, bytes, productionBytes, from, environment, store, recoveredTo } = origin;
  const age = formatAge(nowMs - Date.parse(takenAt));
  return {
    data: `on your own backup: set ${set} of ${environment}, ${age} old, ${formatSize(bytes)}, from ${store}`,
    seed: {
      ...{ set, takenAt, bytes, from, environment, store, recoveredTo },
      // What readiness compares the size with: a copy of little says little.
      ...(productionBytes === undefined ? {} : { productionBytes }),
      ...{ passedOver: [...origin.passedOver], switchedOff: [...origin.switchedOff] },
    },
  };
}

/** The list of what was removed, as evidence. Files are unlinked, not overwritten. */
export async function proofOfDestruction(data: DataListing, attach: Attach): Promise<DestroyedData> {
  const title = `files with your own data that were removed with the lab (bytes, path)`;
  const evidence = await attach(title, `${data.lines.join('\n')}\n`, 'txt');
  return { files: data.files, bytes: data.bytes, evidence };
}
