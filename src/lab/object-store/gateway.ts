import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { isAlive } from '../../children/index.js';
import type { CephPrograms } from './ceph-programs.js';
import { endNoted, noteProcess } from './processes.js';

const deadlineMs = 60_000;

/** Starts the gateway on a port of the loopback; resolves when it answers. Rejects with `unavailable` when it died. */
export async function startGateway(
  programs: CephPrograms,
  directory: string,
  port: number,
  signal?: AbortSignal,
): Promise<void> {
  await endNoted(directory, 'gateway');
  // Without tcp_nodelay every request takes 40 ms.
  const frontends = `--rgw-frontends=beast endpoint=127.0.0.1:${port} tcp_nodelay=1`;
  const gateway = await programs.start('radosgw', ['-f', '-n', 'client.rgw', frontends]);
  noteProcess(directory, 'gateway', gateway);
  const deadline = performance.now() + deadlineMs;
  while (!(await answers(port))) {
    const dead = !isAlive(gateway);
    if (dead || performance.now() > deadline) {
      throw new Failure(
        'unavailable',
        `the gateway ${dead ? 'ended while it was being started' : 'does not answer'}`,
        {
          hint: `Read its log: \`tail ${join(directory, 'log', 'client.rgw.log')}\`.`,
        },
      );
    }
    await delay(20, undefined, signal === undefined ? {} : { signal });
  }
  // Somebody else's server on a port that was free a moment ago would answer too.
  if (!isAlive(gateway))
    throw new Failure('unavailable', `port ${port} was taken while the gateway was being started`);
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/', timeout: 2000 }, (response) => {
      response.resume();
      resolve(true);
    });
    asked.once('error', () => resolve(false));
    asked.once('timeout', () => asked.destroy());
    asked.end();
  });
}
