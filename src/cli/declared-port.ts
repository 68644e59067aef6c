import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  declaredEnvironment,
  openDeclared,
  readDeclared,
  shortcomings,
  stateFile,
  type DeclaredSettings,
  type Environment,
} from '../actions/index.js';
import { Failure, type JsonObject } from '../base/index.js';
import type { Attach } from '../executor/index.js';
import type { Plan } from '../language/index.js';
import { findTools, type PostgresTools } from '../postgres/index.js';
import { nextAcknowledged, openedLedger } from '../sentinel/index.js';
import { channelsOf } from './channels.js';
import {
  declaredSentinel,
  endSentinel,
  sentinelPassfile,
  type DeclaredSentinel,
} from './declared-sentinel.js';
import { declaredValues, fingerprintOf } from './declared-values.js';
import { secretsOf } from './known-secrets.js';
import { whatWasLeft } from './left-behind.js';
import { watchSentinel, type Watching } from './observe.js';
import type { RunPort } from './run-port.js';

export interface DeclaredPortOptions {
  readonly plan: Plan;
  readonly runId: string;
  /** The programme's folder. */
  readonly directory: string;
  readonly recordDirectory: string;
  /** What the run remembers of the environment, in the programme's state folder. */
  readonly stateDirectory: string;
  readonly session: string;
  readonly attach: Attach;
  /** Told every secret of the environment, so that none gets into the record. */
  readonly learn: (secrets: readonly string[]) => void;
}

interface Opened {
  readonly settings: DeclaredSettings;
  readonly tools: PostgresTools;
  readonly values: JsonObject;
  readonly sentinel: DeclaredSentinel;
}

/**
 * What `firedrill.yaml` declares, behind the executor's port: found and compared on `open`, never made; nothing is ever
 * injected; on `close` only firedrill's own observer ends, and whatever else was left is named.
 */
export function declaredPort(options: DeclaredPortOptions): RunPort {
  const { plan, runId } = options;
  const ledger = join(options.recordDirectory, 'ledger.jsonl');
  const outbox = join(options.stateDirectory, 'outbox');
  const state = stateFile(join(options.stateDirectory, 'clusters.json'));
  let opened: Opened | null = null;
  let openFailure: Failure | null = null;
  let watching: Watching | null = null;
  const held = (): Opened => {
    if (opened === null) throw new Failure('unavailable', `environment ${plan.environment.name} is not open`);
    return opened;
  };
  const environment = (): Environment => {
    const { settings, tools, values, sentinel } = held();
    return declaredEnvironment({
      ...{ settings, runId, state, tools, values, outbox },
      sentinel:
        watching === null
          ? null
          : {
              nextAcknowledged: (timeoutMs, signal) => nextAcknowledged(ledger, timeoutMs, signal),
              ledger: openedLedger(ledger),
            },
      channels: channelsOf(plan.environment.settings),
      moved: (location) => sentinel.point(location),
      passwords: {
        formerFolder: join(options.stateDirectory, 'former'),
        own: [sentinelPassfile(options.stateDirectory)],
        learn: options.learn,
      },
    });
  };
  const look = async () => {
    const { name, settings: frozen } = plan.environment;
    const settings = await readDeclared(name, frozen, options.directory);
    options.learn(secretsOf(settings));
    const tools = await findTools();
    const seen = await openDeclared(settings, runId, state);
    const values = declaredValues(settings, seen);
    const sentinel = declaredSentinel(settings, options.stateDirectory, options.recordDirectory);
    opened = { settings, tools, values, sentinel };
    const notExercised = [
      'injection of a disaster: a live run never injects',
      ...(settings.declared.sentinel === undefined
        ? ['data loss and downtime from outside: no sentinel']
        : []),
      ...unheard(plan, outbox),
      ...(await shortcomings(settings, runId)),
    ];
    return { kind: 'declared', values, fingerprint: fingerprintOf(settings, seen), notExercised } as const;
  };
  return {
    environment,
    failure: () => openFailure,
    release: () => watching?.stop(),
    open: async () => {
      try {
        return await look();
      } catch (error) {
        if (error instanceof Failure) openFailure = error;
        throw error;
      }
    },
    observe: async () => {
      const { settings, sentinel } = held();
      if (settings.declared.sentinel === undefined) return null;
      watching?.stop();
      watching = null;
      const target = () => environment().traffic.target();
      const first = await target().catch(() => settings.primary);
      const note = await sentinel.start(first, options.session);
      watching = watchSentinel(note, target, options.attach, true);
      return watching.port;
    },
    inject: (fault) =>
      Promise.reject(
        new Failure('refused', `fault ${fault.id} is not injected: ${plan.environment.name} is no lab`),
      ),
    close: async () => {
      watching?.stop();
      // A run that could not be opened again may still have the sentinel of an earlier session.
      const ended = await endSentinel(options.stateDirectory);
      // Nobody is let in with these any more; a run that goes on makes them anew.
      rmSync(join(options.stateDirectory, 'former'), { recursive: true, force: true });
      if (opened === null) return { released: ended ? ['process sentinel'] : [], leftovers: [] };
      const serving = await environment()
        .traffic.target()
        .catch(() => null);
      const left = await whatWasLeft(opened.settings, state, serving);
      return { ...left, released: [...(ended ? ['process sentinel'] : []), ...left.released] };
    },
  };
}

/** Audiences that no channel reaches: their messages become files for somebody to carry. */
function unheard(plan: Plan, outbox: string): string[] {
  const channels = channelsOf(plan.environment.settings);
  const audiences = new Set(plan.messages.map((message) => message.audience));
  const without = [...audiences].filter((audience) => !channels.has(audience));
  return without.length === 0
    ? []
    : [`messages to ${without.join(', ')}: no channel; their texts go to ${outbox}, to be carried by hand`];
}
