import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { sqlState, type ClusterLocation, type Session } from '../../postgres/index.js';
import type { Environment } from '../environment.js';

const attempts = 25;
const pauseMs = 200;

/**
 * One session of an administrator for a piece of work. Where clients have taken every slot, the few that are kept back are waited for:
 * several questions are asked at once.
 */
export async function asAdministrator<T>(
  { postgres }: Environment,
  options: { readonly database?: string; readonly readOnly?: boolean; readonly location?: ClusterLocation },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await connectPatiently(() => postgres.connect(options));
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

async function connectPatiently(connect: () => Promise<Session>): Promise<Session> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connect();
    } catch (failure) {
      if (sqlState(failure) !== '53300' || attempt === attempts) throw failure;
      await delay(pauseMs);
    }
  }
}

/** `${…}` that was saved as a list; anything else is a mistake in the runbook. */
export function names(value: unknown, what: string): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new Failure('invalid', `${what} is no list of names`);
}

/** An optional number of seconds in milliseconds. */
export function secondsOf(value: unknown, otherwise: number): number {
  return (typeof value === 'number' ? value : otherwise) * 1000;
}
