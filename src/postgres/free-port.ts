import { createServer } from 'node:net';
import { Failure } from '../base/index.js';

/** A TCP port on 127.0.0.1 that nobody listens on at this moment. Somebody else may take it before it is used. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Failure('unavailable', 'no free port on 127.0.0.1'));
      });
    });
  });
}
