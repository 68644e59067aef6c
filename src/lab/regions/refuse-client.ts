import type { Socket } from 'node:net';

/** Invalid authorization specification: the connection is refused, and no retry helps. */
export const fencedState = '28000';

/** A client may first ask for encryption (PostgreSQL's protocol, SSLRequest and GSSENCRequest); the answer is no. */
const askCodes = [80877103, 80877104];

/** Tells a client of PostgreSQL, in its own protocol, why it is not let in, and hangs up. */
export function refuseClient(socket: Socket, message: string): void {
  socket.on('error', () => undefined);
  socket.setTimeout(5000, () => socket.destroy());
  const answer = (chunk: Buffer): void => {
    if (chunk.length === 8 && askCodes.includes(chunk.readInt32BE(4))) {
      socket.write('N');
      socket.once('data', answer);
      return;
    }
    socket.end(errorResponse(message));
  };
  socket.once('data', answer);
}

function errorResponse(message: string): Buffer {
  const fields = ['SFATAL', 'VFATAL', `C${fencedState}`, `M${message}`].map((field) => `${field}\0`).join('');
  const body = Buffer.from(`${fields}\0`, 'utf8');
  const head = Buffer.alloc(5);
  head.write('E', 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
