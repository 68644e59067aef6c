import { Failure } from '../base/index.js';
import type { Channel } from './message.js';

/** Posts `{"text": …}` as Slack and its like expect it. The address is a secret: only its host is ever shown. */
export function webhookChannel(url: string, timeoutMs = 10_000): Channel {
  // The error of `new URL` would show the address.
  if (!URL.canParse(url)) throw new Failure('invalid', 'the address of the webhook is no URL');
  const { host } = new URL(url);
  return {
    describe: `webhook ${host}`,
    async deliver(message) {
      const text = `*${message.subject}*\n${message.body}`;
      let status: number;
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ text, to: message.to, subject: message.subject }),
          signal: AbortSignal.timeout(timeoutMs),
          redirect: 'error',
        });
        await response.body?.cancel();
        status = response.status;
      } catch {
        // The error's own text would show the address.
        throw new Failure('unavailable', `the webhook at ${host} did not answer`, {
          hint: 'Check the network, then retry; or tell people by hand.',
        });
      }
      if (status >= 300)
        throw new Failure('unavailable', `the webhook at ${host} answered with status ${status}`);
    },
  };
}
