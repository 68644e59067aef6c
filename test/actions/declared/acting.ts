import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import {
  builtInActions,
  declaredEnvironment,
  openDeclared,
  performAction,
  readDeclared,
  stateFile,
  type Environment,
} from '../../../src/actions/index.js';
import { Failure, sha256Hex, systemClock, type JsonObject } from '../../../src/base/index.js';
import { findTools } from '../../../src/postgres/index.js';

export interface Acting {
  readonly environment: Environment;
  said(): string;
  act(name: string, args?: JsonObject): Promise<JsonObject>;
  /** An action that succeeds is a failed test. */
  refusal(name: string, args?: JsonObject): Promise<Failure>;
  readonly learnt: string[];
}

/** Opens a declared environment as a run does, and acts on it; the same `runId` again is what a resumed engine does. */
export async function openActing(folder: string, declared: JsonObject, runId = 'run'): Promise<Acting> {
  const settings = await readDeclared('production', declared, folder);
  const state = stateFile(join(folder, `state-${runId}.json`));
  await openDeclared(settings, runId, state);
  const learnt: string[] = [];
  const environment = declaredEnvironment({
    ...{ settings, runId, state, tools: await findTools(), values: {}, sentinel: null },
    ...{ channels: new Map(), outbox: join(folder, 'outbox'), moved: () => undefined },
    passwords: {
      ...{ formerFolder: join(folder, `former-${runId}`), own: [] },
      learn: (secrets) => learnt.push(...secrets),
    },
  });
  let said = '';
  const act = async (name: string, args: JsonObject = {}) => {
    const action = builtInActions.get(name);
    if (action === undefined) throw new Error(`there is no action ${name}`);
    said = '';
    const { outputs } = await performAction(action, args, {
      environment,
      run: { id: runId, mode: 'live', head: '0'.repeat(64) },
      scratchDirectory: mkdtempSync(join(folder, 'scratch-')),
      signal: new AbortController().signal,
      clock: systemClock(),
      output: (text) => (said += text.toString()),
      attach: (title, content) =>
        Promise.resolve({ title, file: 'x', sha256: sha256Hex(content), bytes: 0, redactions: 0 }),
      fill: (text) => ({ text, missing: [] }),
      messages: [],
    });
    return outputs;
  };
  return {
    ...{ environment, act, learnt },
    said: () => said,
    refusal: async (name, args) => {
      const result = await act(name, args).catch((failure: unknown) => failure);
      if (result instanceof Failure) return result;
      throw result instanceof Error ? result : new Error(`${name} succeeded: ${JSON.stringify(result)}`);
    },
  };
}
