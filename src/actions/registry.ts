import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { Failure, type JsonObject } from '../base/index.js';
import type { Action, ActionContext, ActionResult } from './action.js';
import { filesEntropy } from './files/entropy.js';
import { httpGet } from './io/http-get.js';
import { notifySend } from './io/notify-send.js';
import { shellRun } from './io/shell-run.js';
import { sqlQuery } from './io/sql-query.js';
import { keysAreGone, keysAreHere, keysFromEscrow, keysGiveBack } from './keys/escrow.js';
import { postgresActions } from './postgres/all.js';
import { privacyClockRuns, privacyStartClock } from './privacy/start-clock.js';
import { regionActions } from './region/all.js';
import { sentinelAcknowledgedWrite } from './sentinel/acknowledged-write.js';
import { infrastructureIsProvisioned, infrastructureProvision } from './infrastructure/provision.js';
import { sentinelLossAfter } from './sentinel/loss-after.js';
import { serviceDeploy, serviceIsDeployed } from './service/deploy.js';
import { serviceHasTestWrite, serviceTestWrite } from './service/test-write.js';
import { serviceIsRunning, serviceIsStopped } from './service/is-running.js';
import { serviceStart } from './service/start.js';
import { serviceStop } from './service/stop.js';
import { storeActions } from './store/all.js';
import { secretsRotate, secretsRotated } from './secrets/rotate.js';
import { trafficClose, trafficIsClosed } from './traffic/close.js';
import { trafficPointsTo, trafficSwitch } from './traffic/switch.js';

/** Every built-in action by its name. */
export const builtInActions: ReadonlyMap<string, Action> = new Map(
  [
    ...postgresActions,
    serviceStart,
    serviceStop,
    serviceIsRunning,
    serviceIsStopped,
    serviceDeploy,
    serviceIsDeployed,
    serviceTestWrite,
    serviceHasTestWrite,
    infrastructureProvision,
    infrastructureIsProvisioned,
    trafficSwitch,
    trafficPointsTo,
    trafficClose,
    trafficIsClosed,
    secretsRotate,
    secretsRotated,
    keysFromEscrow,
    keysAreHere,
    keysGiveBack,
    keysAreGone,
    filesEntropy,
    privacyStartClock,
    privacyClockRuns,
    ...storeActions,
    ...regionActions,
    sentinelAcknowledgedWrite,
    sentinelLossAfter,
    httpGet,
    notifySend,
    shellRun,
    sqlQuery,
  ].map((action) => [action.name, action]),
);

const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
const validators = new Map<string, ValidateFunction>();

/** Performs an action after checking its filled-in arguments against its own schema; rejects with `invalid` when they do not fit. */
export async function performAction(
  action: Action,
  args: JsonObject,
  context: ActionContext,
): Promise<ActionResult> {
  const validate = validators.get(action.name) ?? ajv.compile(action.with);
  validators.set(action.name, validate);
  if (!validate(args)) {
    const [first] = validate.errors ?? [];
    throw new Failure(
      'invalid',
      `${action.name}: with${first?.instancePath ?? ''} ${first?.message ?? 'does not fit'}`,
      {
        hint: 'The value was filled in while the run went on; look at the step that saved it.',
      },
    );
  }
  return action.perform(args, context);
}
