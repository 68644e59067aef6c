import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isJsonObject, type JsonObject } from '../../base/index.js';
import { oneLine, sayError } from '../../sentinel/index.js';
import type { Load } from './load.js';

export interface ApplicationParts {
  readonly load: Load;
  /** Rejects when the application does not work. */
  checkHealth(): Promise<void>;
  book(): Promise<number>;
}

type Answer = { readonly status: number; readonly body: JsonObject };
const maxBodyBytes = 10_000;

/** `GET /health`, `POST /bookings`, `GET /load`, `PUT /load {"writesPerSecond": n}`. */
export function serveApplication(parts: ApplicationParts): Server {
  const routes: { readonly [route: string]: (request: IncomingMessage) => Promise<Answer> } = {
    'GET /health': async () => {
      await parts.checkHealth();
      return { status: 200, body: { status: 'ok' } };
    },
    'POST /bookings': async () => ({ status: 201, body: { id: await parts.book() } }),
    'GET /load': () => Promise.resolve({ status: 200, body: { ...parts.load.figures() } }),
    'PUT /load': async (request) => {
      const wanted = (await readBody(request))['writesPerSecond'];
      if (typeof wanted !== 'number' || !(wanted >= 0 && wanted <= 1000))
        return { status: 400, body: { error: 'writesPerSecond must be a number from 0 to 1000' } };
      parts.load.set(wanted);
      return { status: 200, body: { ...parts.load.figures() } };
    },
  };
  return createServer((request, response) => {
    const route = routes[`${request.method ?? ''} ${request.url ?? ''}`];
    const answer = route?.(request) ?? Promise.resolve({ status: 404, body: { error: 'not found' } });
    void answer
      .catch((error: unknown) => ({ status: 503, body: { error: oneLine(sayError(error)) } }))
      .then(({ status, body }) => reply(response, status, body));
  });
}

function reply(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify(body)}\n`);
}

async function readBody(request: IncomingMessage): Promise<JsonObject> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > maxBodyBytes) return {};
  }
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
