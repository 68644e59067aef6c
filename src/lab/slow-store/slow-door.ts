import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A twentieth of a second's worth at a time, so that a slow answer trickles instead of coming in lumps. */
const slicesPerSecond = 20;

/**
 * Passes on to a server on this machine what clients ask, at full speed, and its answers at so many bytes a second, all connections
 * together: a store that is overloaded, or far away behind a thin line.
 */
export function openSlowDoor(targetPort: number, bytesPerSecond: number): Server {
  const take = allowance(bytesPerSecond);
  const sliceBytes = Math.max(1, Math.floor(bytesPerSecond / slicesPerSecond));
  return createServer({ noDelay: true }, (outside) => {
    const inside = connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
    const end = () => {
      outside.destroy();
      inside.destroy();
    };
    for (const socket of [outside, inside]) socket.on('error', end);
    outside.on('close', end);
    outside.pipe(inside);
    passOn(inside, outside, sliceBytes, take).then(() => outside.end(), end);
  });
}

/** Reading waits for writing, so the server is held back by its own connection and not by our memory. */
async function passOn(
  from: Socket,
  to: Socket,
  sliceBytes: number,
  take: (bytes: number) => Promise<void>,
): Promise<void> {
  for await (const chunk of from as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += sliceBytes) {
      const slice = chunk.subarray(at, at + sliceBytes);
      await take(slice.length);
      if (to.destroyed) return;
      to.write(slice);
    }
  }
}

/** Resolves when so many bytes may go; whoever comes first goes first. */
function allowance(bytesPerSecond: number): (bytes: number) => Promise<void> {
  let freeAtMs = 0;
  return async (bytes) => {
    const now = performance.now();
    freeAtMs = Math.max(now, freeAtMs) + (bytes * 1000) / bytesPerSecond;
    await delay(freeAtMs - now);
  };
}
