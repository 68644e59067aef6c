import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { builtInActions, performAction, type Environment } from '../actions/index.js';
import { Failure, insert, type Clock } from '../base/index.js';
import type { ActionPort } from '../executor/index.js';
import type { Plan } from '../language/index.js';

/** The built-in actions behind the executor's port. */
export function actionPort(
  plan: Plan,
  environment: () => Environment,
  scratch: string,
  clock: Clock,
): ActionPort {
  const find = (name: string) => {
    const action = builtInActions.get(name);
    if (action === undefined) throw new Failure('invalid', `there is no action "${name}"`);
    return action;
  };
  return {
    describe: (call) => find(call.uses).describe(call.with),
    perform: async (request) => {
      const action = find(request.call.uses);
      await mkdir(scratch, { recursive: true, mode: 0o700 });
      const scratchDirectory = await mkdtemp(join(scratch, 'action-'));
      try {
        return await performAction(action, request.args, {
          environment: environment(),
          run: { id: request.runId, mode: plan.mode, head: request.head },
          scratchDirectory,
          signal: request.signal,
          clock,
          output: request.output,
          attach: request.attach,
          fill: (text) => {
            const { value, missing } = insert(text, request.scope);
            return { text: typeof value === 'string' ? value : JSON.stringify(value), missing };
          },
          messages: plan.messages,
        });
      } finally {
        await rm(scratchDirectory, { recursive: true, force: true });
      }
    },
  };
}
