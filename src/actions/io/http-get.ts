import { Failure } from '../../base/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const httpGet = defineAction({
  name: 'http.get',
  with: args(
    {
      url: { type: 'string', pattern: '^https?://' },
      timeoutSeconds: { type: 'number', minimum: 1, maximum: 300 },
    },
    ['url'],
  ),
  outputs: {
    ok: 'whether the status is 200 to 299',
    status: 'HTTP status',
    latencyMs: 'time to the end of the answer, in milliseconds',
    body: 'first 2,000 characters of the answer',
  },
  effect: 'read',
  destroys: false,
  describe: (given) => `Ask ${shown(given['url'])} for an answer`,
  preview: (given) => [`GET ${shown(given['url'])}`],
  perform: async (given, { signal, clock }) => {
    const url = text(given['url']);
    const seconds = typeof given['timeoutSeconds'] === 'number' ? given['timeoutSeconds'] : 5;
    const startedAt = clock.mono();
    try {
      const response = await fetch(url, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]),
        redirect: 'manual',
      });
      const body = (await response.text()).slice(0, 2000);
      return {
        outputs: {
          ok: response.ok,
          status: response.status,
          latencyMs: Math.round(clock.mono() - startedAt),
          body,
        },
      };
    } catch (error) {
      if (signal.aborted) throw new Failure('cancelled', `asking ${url} was cancelled`, { cause: error });
      const cause =
        error instanceof Error
          ? ((error.cause as Error | undefined)?.message ?? error.message)
          : String(error);
      return {
        outputs: {
          ok: false,
          status: 0,
          latencyMs: Math.round(clock.mono() - startedAt),
          body: `no answer: ${cause}`,
        },
      };
    }
  },
});
