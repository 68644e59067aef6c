import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, sha256Hex, type JsonObject } from '../../src/base/index.js';
import type {
  ActionPort,
  ActionRequest,
  ArtefactPort,
  EnvironmentPort,
  Observation,
  ObserverPort,
} from '../../src/executor/index.js';
import type { EvidenceRef } from '../../src/run/index.js';

type Outcome = Awaited<ReturnType<ActionPort['perform']>>;

/**
 * A world small enough to look into, whose effects are real: a service that is a file, actions that leave marks in files, a
 * sentinel that looks at the service and keeps a ledger. All of it lies in one folder and outlives the process.
 */
export interface PaperWorld {
  readonly directory: string;
  readonly environment: EnvironmentPort;
  readonly actions: ActionPort;
  readonly artefacts: ArtefactPort;
  /** How often an action with this name was really carried out. */
  marks(name: string): number;
  read(name: string): string | null;
  marked(): readonly string[];
}

export function paperWorld(directory: string, extra: { [name: string]: PaperAction } = {}): PaperWorld {
  for (const folder of ['marks', 'evidence']) mkdirSync(join(directory, folder), { recursive: true });
  const path = (name: string) => join(directory, name);
  const read = (name: string) => (existsSync(path(name)) ? readFileSync(path(name), 'utf8') : null);
  const marks = (name: string) => (read(join('marks', name)) ?? '').split('\n').length - 1;
  const actions = { ...paperActions, ...extra };
  return {
    directory,
    environment: paperEnvironment(directory, read),
    actions: {
      describe: (call) => `${call.uses} ${JSON.stringify(call.with)}`,
      perform: async (request) => {
        const action = actions[request.call.uses];
        if (action === undefined) throw new Failure('invalid', `no action ${request.call.uses}`);
        return action(request, { path, read, marks });
      },
    },
    artefacts: paperArtefacts(directory),
    marks,
    read,
    marked: () => readdirSync(path('marks')).sort(),
  };
}

interface Paper {
  readonly path: (name: string) => string;
  readonly read: (name: string) => string | null;
  readonly marks: (name: string) => number;
}

export type PaperAction = (request: ActionRequest, paper: Paper) => Outcome | Promise<Outcome>;

const textOf = (args: JsonObject, key: string) => args[key] as string;
const nameOf = (args: JsonObject) => textOf(args, 'name');

function mark({ args }: ActionRequest, { path, marks }: Paper): Outcome {
  appendFileSync(path(join('marks', nameOf(args))), `${JSON.stringify(args)}\n`);
  return { outputs: { ok: true, times: marks(nameOf(args)) } };
}

/** Rejects when the signal is aborted, and not before. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = () => reject(new Failure('exit-code', 'sleep was ended by SIGTERM'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

const paperActions: { readonly [name: string]: PaperAction } = {
  'paper.mark': mark,
  'paper.nothing': () => ({ outputs: {} }),
  'paper.put': ({ args }, { path }) => {
    writeFileSync(path(nameOf(args)), textOf(args, 'text'));
    return { outputs: { ok: true, bytes: textOf(args, 'text').length } };
  },
  'paper.look': ({ args }, { read, marks }) => {
    const text = read(nameOf(args));
    return { outputs: { ok: text !== null || marks(nameOf(args)) > 0, text, times: marks(nameOf(args)) } };
  },
  'paper.print': ({ args, output }) => {
    output(textOf(args, 'text'));
    return { outputs: { ok: true } };
  },
  'paper.fail': (request, paper) => {
    mark(request, paper);
    const times = paper.marks(nameOf(request.args));
    if (times <= Number(request.args['times'])) throw new Failure('unavailable', `failure ${times}`);
    return { outputs: { ok: true, times } };
  },
  'paper.bug': async (request, paper) => {
    mark(request, paper);
    await new Promise((resolve) => setTimeout(resolve, 20));
    throw new TypeError('undefined is not a recovery');
  },
  'paper.hang': async (request, paper) => {
    mark(request, paper);
    return untilAborted(request.signal);
  },
  'paper.send': async ({ args, attach, head }) => {
    const evidence = [await attach('message', textOf(args, 'text'), 'txt')];
    const sent = {
      message: 'status',
      to: 'everyone',
      channel: 'paper',
      subject: head.slice(0, 12),
      unfilled: [],
    };
    return { outputs: { ok: true }, evidence, sent };
  },
};

function paperEnvironment(directory: string, read: Paper['read']): EnvironmentPort {
  const path = (name: string) => join(directory, name);
  return {
    open: () => {
      if (read('service') === null) writeFileSync(path('service'), 'healthy');
      return Promise.resolve({
        kind: 'lab',
        values: { service: path('service') },
        fingerprint: { folder: directory },
        notExercised: [],
      });
    },
    observe: () => Promise.resolve(paperSentinel(directory, read)),
    describeFault: (fault) => `${fault.inject} destroys the paper service`,
    inject: (fault) => {
      const done = `fault-${fault.id}`;
      if (read(done) === null) {
        appendFileSync(path(join('marks', done)), 'x\n');
        writeFileSync(path('service'), 'broken');
        writeFileSync(path(done), new Date().toISOString());
      }
      return Promise.resolve({
        groundTruth: { at: read(done)! },
        proof: { service: 'broken' },
        evidence: [],
      });
    },
    close: () => Promise.resolve({ released: ['service'], leftovers: [] }),
  };
}

const lookEveryMs = 3;

function paperSentinel(directory: string, read: Paper['read']): ObserverPort {
  const path = join(directory, 'ledger.jsonl');
  const lines = () =>
    (read('ledger.jsonl') ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Observation);
  const look = () => {
    const state = read('service') === 'healthy' ? 'ok' : 'failing';
    const known = lines();
    if ((known.at(-1)?.state ?? 'ok') === state) return;
    const ledgerSeq = known.length + 1;
    const line: Observation = {
      what: 'write',
      state,
      detail: '',
      sentinelAt: new Date().toISOString(),
      ledgerSeq,
    };
    appendFileSync(path, `${JSON.stringify(line)}\n`);
  };
  const head = () => ({
    seq: lines().length,
    sha256: sha256Hex(read('ledger.jsonl') ?? ''),
    acknowledged: 10,
  });
  return {
    resolutionMs: lookEveryMs,
    ledger: 'ledger.jsonl',
    follow: (afterSeq, listener) => {
      let told = afterSeq;
      const timer = setInterval(() => {
        look();
        for (const line of lines().filter((one) => one.ledgerSeq > told)) {
          told = line.ledgerSeq;
          listener(line);
        }
      }, lookEveryMs);
      return () => clearInterval(timer);
    },
    figures: () => ({ acknowledged: 10, failingForMs: null, lastWriteAgoMs: 1 }),
    head: () => Promise.resolve(head()),
    survivors: () =>
      Promise.resolve({
        ledger: { seq: head().seq, sha256: head().sha256 },
        ...{ acknowledged: 10, present: 10, missing: 0, unacknowledged: 0, windowMs: 0, evidence: [] },
      }),
  };
}

function paperArtefacts(directory: string): ArtefactPort {
  const keep = (title: string, bytes: Buffer, extension: string): EvidenceRef => {
    const sha256 = sha256Hex(bytes);
    const file = `evidence/${sha256}.${extension}`;
    writeFileSync(join(directory, file), bytes);
    return { file, bytes: bytes.length, sha256, redactions: 0, title };
  };
  return {
    openOutput: (title) => {
      const chunks: Buffer[] = [];
      let closed = false;
      return {
        write: (chunk) => {
          if (closed) throw new Error(`write to the closed ${title}`);
          chunks.push(Buffer.from(chunk));
        },
        tail: (count) => Buffer.concat(chunks).toString().trimEnd().split('\n').slice(-count),
        close: () => {
          closed = true;
          return Promise.resolve(chunks.length === 0 ? null : keep(title, Buffer.concat(chunks), 'txt'));
        },
      };
    },
    attach: (title, content, extension) => Promise.resolve(keep(title, Buffer.from(content), extension)),
  };
}
