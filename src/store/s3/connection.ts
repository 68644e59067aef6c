import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { readCredentialsFile } from './credentials.js';
import { failedRequest, mayHaveHappened, s3Failure } from './s3-failure.js';
import { describeS3, trimSlashes, type S3Settings } from './settings.js';

/** Slower than this, in bytes a millisecond, a request that sends a lot is given up. */
const slowest = 100;

export interface RequestOptions<T> {
  readonly signal?: AbortSignal | undefined;
  /** How much is sent: large requests get more time. */
  readonly bytes?: number;
  readonly attempts?: number;
  /** Looks whether an attempt nobody heard back from was done after all; null: it was not. */
  readonly settle?: () => Promise<T | null>;
}

/** What every request of one attempt is sent with. */
export interface SendOptions {
  readonly abortSignal?: AbortSignal;
  readonly requestTimeout: number;
}

export interface Connection {
  readonly settings: S3Settings;
  readonly client: S3Client;
  readonly describe: string;
  /** The store's clock minus ours at the last answer, in milliseconds; null before the first. */
  skewMs(): number | null;
  /** Key in the bucket ↔ key in the store. */
  full(key: string): string;
  own(fullKey: string): string;
  /**
   * Sends a request, and again what may succeed later, with growing pauses. Rejects with a `Failure`; `expected` errors of
   * the service are thrown as they are, for the caller to make sense of.
   */
  send<T>(
    what: string,
    request: (options: SendOptions) => Promise<T>,
    options?: RequestOptions<T>,
    expected?: readonly string[],
  ): Promise<T>;
}

export function connect(settings: S3Settings): Connection {
  const timeoutMs = settings.requestTimeoutMs ?? 30_000;
  const prefix = trimSlashes(settings.prefix ?? '');
  const before = prefix === '' ? '' : `${prefix}/`;
  const client = openClient(settings, timeoutMs);
  let skew: number | null = null;
  noteDates(client, (serverMinusOurs) => (skew = serverMinusOurs));
  return {
    settings,
    client,
    describe: describeS3(settings),
    // What the header's whole seconds and the way there can explain is no skew.
    skewMs: () => (skew !== null && Math.abs(skew) < 2000 ? 0 : skew),
    full: (key) => before + key,
    own: (fullKey) => fullKey.slice(before.length),
    async send(what, request, options = {}, expected = []) {
      const attempts = options.attempts ?? settings.attempts ?? 4;
      const requestTimeout = timeoutMs + Math.ceil((options.bytes ?? 0) / slowest);
      const sendOptions = { requestTimeout, ...(options.signal ? { abortSignal: options.signal } : {}) };
      let unheard = false;
      for (let attempt = 1; ; attempt += 1) {
        try {
          if (unheard) {
            const done = await options.settle?.();
            if (done !== undefined && done !== null) return done;
          }
          return await request(sendOptions);
        } catch (cause) {
          if (options.signal?.aborted === true) throw new Failure('cancelled', `${what} was cancelled`);
          unheard ||= mayHaveHappened(cause);
          if (expected.includes(failedRequest(cause).code)) {
            const done = unheard ? await options.settle?.() : null;
            if (done !== undefined && done !== null) return done;
            throw cause;
          }
          const failure = s3Failure(settings, what, cause, skew);
          if (!failure.retryable || attempt >= attempts) {
            const done = unheard ? await options.settle?.().catch(() => null) : null;
            if (done !== undefined && done !== null) return done;
            throw failure;
          }
          await pause(attempt, what, options.signal);
        }
      }
    },
  };
}

async function pause(attempt: number, what: string, signal: AbortSignal | undefined): Promise<void> {
  // Jitter, so that the parts of one upload do not come back all at once.
  const pauseMs = Math.min(200 * 2 ** (attempt - 1), 5000) * (0.5 + Math.random() / 2);
  await delay(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => {
    throw new Failure('cancelled', `${what} was cancelled`);
  });
}

const silent = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

function openClient(settings: S3Settings, timeoutMs: number): S3Client {
  const { credentials } = settings;
  const checks = settings.checksums === 'when-supported' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
  return new S3Client({
    region: settings.region,
    forcePathStyle: settings.pathStyle,
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    ...(credentials.kind === 'file'
      ? { credentials: () => readCredentialsFile(credentials.path, credentials.profile) }
      : {}),
    ...(credentials.kind === 'default' && credentials.profile !== undefined
      ? { profile: credentials.profile }
      : {}),
    requestChecksumCalculation: checks,
    responseChecksumValidation: checks,
    // Warnings about retries that are ours to make would land on the screen.
    logger: silent,
    // We try again ourselves: only here it is known which body can be sent twice and what an unheard answer means.
    maxAttempts: 1,
    // A wrong clock spoils retention dates and recovery points: it is reported, not glossed over.
    disableClockSkewCorrection: true,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: Math.min(timeoutMs, 10_000),
      socketTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    }),
  });
}

/** Every answer carries the store's clock, an error too. */
function noteDates(client: S3Client, note: (serverMinusOurs: number) => void): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = Date.now();
      const result = await next(args);
      const { response } = result as { response: { headers?: { date?: string } } };
      const theirs = Date.parse(response.headers?.date ?? '');
      // The header counts whole seconds: on average half of one has passed since.
      if (!Number.isNaN(theirs)) note(theirs + 500 - (sentAt + Date.now()) / 2);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'noteDates' },
  );
}
