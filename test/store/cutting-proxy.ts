import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** Between a client and a real server: passes everything on, and cuts a connection where it is told to. */
export interface CuttingProxy {
  readonly endpoint: string;
  /** How often a connection was cut so far. */
  cuts(): number;
  close(): Promise<void>;
}

/**
 * `cutAfter` sees the first line of each request and answers after how many bytes of the server's answer the connection is cut;
 * null: not at all. With 0 the server has done what was asked, and the client never hears of it.
 */
export async function openCuttingProxy(
  target: string,
  cutAfter: (requestLine: string, cuts: number) => number | null,
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(target).port), '127.0.0.1');
    let left: number | null = null;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
        sockets.delete(socket);
      });
    }
    client.on('data', (chunk) => {
      const line = /^[A-Z]+ \S+ HTTP\/1\.1\r\n/.exec(chunk.subarray(0, 2000).toString('latin1'))?.[0];
      if (line !== undefined) left = cutAfter(line, cuts);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      const goOn = chunk.subarray(0, 12).toString('latin1') === 'HTTP/1.1 100';
      if (left === null || goOn) {
        client.write(chunk);
        return;
      }
      left -= chunk.length;
      if (left > 0) {
        client.write(chunk);
        return;
      }
      cuts += 1;
      client.end(chunk.subarray(0, Math.max(0, chunk.length + left)), () => client.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
