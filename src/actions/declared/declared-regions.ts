import { stopWalReceiver, isReceiving } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { withSession } from '../../postgres/index.js';
import type { TrafficPort } from '../environment.js';
import type { RegionPort } from '../region/region-port.js';
import { askYesOrNo } from './ask-yes-or-no.js';
import { emitAsClient, knock, writeAsClient } from './knock.js';
import { runOrFail } from './run-command.js';
import { notDeclared, type DeclaredSettings } from './settings.js';
import { lookAtGivenUp } from './open-declared.js';
import { recordAt, withRecord, type StateFile } from './state.js';
import { wakeLostRegion } from './wake-region.js';

const changeMs = 120_000;
const knockMs = 3000;

/**
 * The region of the declared database, seen from this one. The fence is the environment's: a command shuts it, another says that it
 * is shut, and firedrill knocks itself. Null where nothing of another region is declared.
 */
export function declaredRegions(
  settings: DeclaredSettings,
  state: StateFile,
  traffic: TrafficPort,
): RegionPort | null {
  const { fence, thirdPlace, traffic: switches } = settings.declared;
  const { standby, primary } = settings;
  if (standby === null && fence === undefined) return null;
  const declaredFence = () => {
    if (fence === undefined) throw notDeclared(settings, 'fence', 'fence`, with `isClosed` and `close');
    return fence;
  };
  return {
    probe: async ({ attempts, timeoutMs, signal, output }) => {
      const options = { ...(signal && { signal }), ...(output && { output }) };
      const third = thirdPlace === undefined ? null : lookFrom(settings, thirdPlace, options);
      const fromB = [];
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        if (signal?.aborted === true) throw new Failure('cancelled', 'probing the region was cancelled');
        const { outcome, said, tookMs } = await emitAsClient(primary, timeoutMs);
        fromB.push({ works: outcome === 'accepted', said, tookMs });
      }
      return { fromB, third: await third };
    },
    fence: async (why, options) => {
      const { close } = declaredFence();
      if (close === undefined) throw notDeclared(settings, 'way to shut the lost region off', 'fence.close');
      if (switches?.close !== undefined) await traffic.close?.(options);
      await runOrFail(settings, close, changeMs, { ...options, env: { FIREDRILL_WHY: why } });
      await state.write({ ...state.read(), givenUp: true });
      // What a woken region would still send is no longer ours.
      if (settings.wal !== null && (await isReceiving(settings.wal.directory)))
        await stopWalReceiver(settings.wal.directory);
    },
    lookAtFence: async (options) => {
      const { isClosed, behind } = declaredFence();
      const [shut, old, awake] = await Promise.all([
        askYesOrNo(settings, isClosed, options),
        knock(primary, knockMs),
        behind === undefined ? null : knock({ ...primary, ...behind }, knockMs).then((one) => one.letIn),
      ]);
      // Shut by hand counts as shut by the step: from here on the other region's store is the one to use.
      if (shut && !old.letIn && state.read().givenUp !== true)
        await state.write({ ...state.read(), givenUp: true });
      const says = shut ? 'the fence is shut' : 'the fence is not shut';
      return { holds: shut && !old.letIn, epoch: null, said: `${says}; ${old.said}`, awake };
    },
    liftFence: async (options) => {
      const { open } = declaredFence();
      if (open === undefined) throw notDeclared(settings, 'way to let the region back', 'fence.open');
      await requireStandby(settings);
      await runOrFail(settings, open, changeMs, options);
      await state.write({ ...state.read(), givenUp: false });
      await traffic.switchTo(primary, options);
    },
    ...(fence?.wake === undefined || fence.behind === undefined
      ? {}
      : {
          wakeAndWrite: (options) =>
            wakeLostRegion(settings, fence.wake ?? [], { ...primary, ...fence.behind }, options, () =>
              writeAsClient(primary, knockMs),
            ).finally(() => noteWoken(settings, state)),
        }),
  };
}

/** Its server was restarted by us: what comes later must know it again. */
async function noteWoken(settings: DeclaredSettings, state: StateFile): Promise<void> {
  const old = recordAt(state.read(), settings.primary.dataDirectory);
  if (old === undefined) return;
  const now = await lookAtGivenUp(settings, old);
  await state.write(withRecord(state.read(), now));
}

async function lookFrom(
  settings: DeclaredSettings,
  argv: readonly string[],
  options: Parameters<typeof askYesOrNo>[2],
) {
  const startedAt = performance.now();
  const answers = await askYesOrNo(settings, argv, options);
  const tookMs = Math.round(performance.now() - startedAt);
  return { answers, said: answers ? 'its database answers' : 'its database does not answer', tookMs };
}

async function requireStandby({ standby }: DeclaredSettings): Promise<void> {
  if (standby === null) return;
  const [row] = await withSession(standby, { readOnly: true }, async (session) =>
    session.query('select pg_is_in_recovery() as standby'),
  );
  if (row?.['standby'] === true) return;
  throw new Failure('refused', 'refused to lift the fence: the other region takes writes', {
    hint: 'Rebuild the fenced region as a standby first; then move the service back in a planned way.',
  });
}
