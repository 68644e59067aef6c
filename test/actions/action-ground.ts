import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { builtInActions, labEnvironment, performAction, type Environment } from '../../src/actions/index.js';
import { Failure, insert, sha256Hex, systemClock, type Json, type JsonObject } from '../../src/base/index.js';
import { observeLab, setLoad, trafficTarget, type Lab, type LabOptions } from '../../src/lab/index.js';
import { connectTo, type ClusterLocation, type Row } from '../../src/postgres/index.js';
import { nextAcknowledged, openedLedger, readLedger } from '../../src/sentinel/index.js';
import { makeTestLab, type TestLab } from '../lab/lab-fixture.js';

export const database = 'ridehailing';

/** A lab with load and an observer, and the actions of a runbook on it. */
export interface ActionGround {
  readonly lab: Lab;
  readonly environment: Environment;
  /** What the last action printed. */
  said(): string;
  /** Outputs of one built-in action. */
  act(name: string, args?: JsonObject, signal?: AbortSignal, other?: Environment): Promise<JsonObject>;
  /** The output `ok`. */
  ok(name: string, args?: JsonObject): Promise<boolean>;
  /** The failure of one built-in action; one that succeeds, or fails in another way, is a failed test. */
  refusal(name: string, args?: JsonObject): Promise<Failure>;
  query(sql: string, location?: ClusterLocation): Promise<readonly Row[]>;
  /** Waits until a client's write is acknowledged after this call; ids of all acknowledged writes up to then. */
  acknowledged(): Promise<readonly number[]>;
  canaries(): Promise<readonly number[]>;
  /** Every acknowledged write that stands in the ledger now. */
  commits(): readonly { readonly id: number; readonly at: string }[];
  /** Where what actions attached lies. */
  readonly evidenceFolder: string;
}

/** One lab a file, made before its tests and gone after them. */
export function useActionGround(options: Partial<LabOptions> = {}): { readonly on: ActionGround } {
  const holder: { on?: ActionGround } = {};
  let test: TestLab;
  beforeAll(async () => {
    test = await makeTestLab({ scale: 0.5, protect: true, ...options });
    const { ledger } = await observeLab(test.lab, {
      recordDirectory: join(test.outside, 'record'),
      session: 'test',
      intervalMs: 50,
    });
    holder.on = makeGround(test, ledger);
    await setLoad(test.lab, 10);
    await nextAcknowledged(ledger, 30_000, never);
  });
  afterAll(async () => expect(await test.down()).toEqual([]));
  return {
    get on() {
      if (holder.on === undefined) throw new Error('the lab is not up');
      return holder.on;
    },
  };
}

const never = new AbortController().signal;

function makeGround({ lab, outside }: TestLab, ledger: string): ActionGround {
  const clock = systemClock();
  let said = '';
  const environment = labEnvironment({
    name: 'lab',
    lab,
    values: { name: 'lab', database },
    sentinel: {
      nextAcknowledged: (timeoutMs, signal) => nextAcknowledged(ledger, timeoutMs, signal),
      ledger: openedLedger(ledger),
    },
    writesPerSecond: 10,
    channels: new Map(),
  });
  const act = async (name: string, args: JsonObject = {}, signal = never, other = environment) => {
    const action = builtInActions.get(name);
    if (action === undefined) throw new Error(`there is no action ${name}`);
    said = '';
    const scratchDirectory = await mkdtemp(join(outside, 'scratch-'));
    try {
      const { outputs } = await performAction(action, args, {
        environment: other,
        run: { id: 'run', mode: 'drill', head: '0'.repeat(64) },
        scratchDirectory,
        signal,
        clock,
        output: (text) => (said += text.toString()),
        attach: async (title, content, extension) => {
          const sha256 = sha256Hex(content);
          await mkdir(join(outside, 'evidence'), { recursive: true });
          await writeFile(join(outside, 'evidence', `${sha256}.${extension}`), content);
          const bytes = Buffer.byteLength(content);
          return { title, file: `evidence/${sha256}.${extension}`, sha256, bytes, redactions: 0 };
        },
        fill: (text) => {
          const { value, missing } = insert(text, { environment: { name: 'lab' } });
          return { text: typeof value === 'string' ? value : JSON.stringify(value), missing };
        },
        messages: [
          {
            id: 'hello',
            audience: 'internal',
            subject: 'From ${environment.name}',
            body: 'Back at ${steps.x.y}',
          },
        ],
      });
      // Outputs go into the journal: whatever JSON cannot carry would be lost there.
      expect(JSON.parse(JSON.stringify(outputs))).toEqual(outputs);
      expect(Object.keys(outputs).sort()).toEqual(Object.keys(action.outputs).sort());
      return outputs;
    } finally {
      await rm(scratchDirectory, { recursive: true, force: true });
    }
  };
  const query = async (sql: string, location: ClusterLocation = trafficTarget(lab)) => {
    const session = await connectTo(location, { applicationName: 'test' });
    return session.query(sql).finally(() => session.end());
  };
  const commits = () =>
    readLedger(readFileSync(ledger, 'utf8')).lines.filter((line) => line.kind === 'commit');
  return {
    lab,
    environment,
    evidenceFolder: join(outside, 'evidence'),
    said: () => said,
    act,
    ok: async (name, args) => (await act(name, args))['ok'] === true,
    refusal: async (name, args) => {
      const result = await act(name, args).catch((failure: unknown) => failure);
      if (result instanceof Failure) return result;
      throw result instanceof Error ? result : new Error(`${name} succeeded: ${JSON.stringify(result)}`);
    },
    query,
    acknowledged: async () => {
      await nextAcknowledged(ledger, 30_000, never);
      return commits().map((line) => line.id);
    },
    commits,
    canaries: async () => (await query('select id from firedrill.canary')).map((row) => Number(row['id'])),
  };
}

export function text(value: Json | undefined): string {
  if (typeof value !== 'string') throw new TypeError(`expected text, got ${JSON.stringify(value)}`);
  return value;
}

/** Everything by which one table could come back as another: keys, checks, triggers, policies, grants, owner, identity. */
export const describeTables = `
  select 'constraint' as kind, conrelid::regclass::text as of, conname || ' ' || pg_get_constraintdef(oid) || convalidated as what
    from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> 0
  union all select 'trigger', tgrelid::regclass::text, tgname || ' ' || tgenabled::text || pg_get_triggerdef(oid)
    from pg_trigger where not tgisinternal
  union all select 'policy', polrelid::regclass::text, polname || coalesce(pg_get_expr(polqual, polrelid), '') from pg_policy
  union all select 'table', oid::regclass::text,
    concat_ws(' ', oid, relowner::regrole, relrowsecurity, array(select a::text from unnest(relacl) a order by 1))
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
  union all select 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid) || indisvalid
    from pg_index where indrelid::regclass::text not like 'pg_%'
  order by 1, 2, 3`;
