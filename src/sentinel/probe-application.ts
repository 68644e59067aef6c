import { sayError, type ObservedStates } from './observed-states.js';
import { repeat } from './pace.js';
import type { TrafficWatch } from './traffic.js';

const everyMs = 1000;
const timeoutMs = 2000;

/** Asks the application whether it works, as a load balancer would: anything but 200 in time counts as failing. */
export async function probeApplication(options: {
  readonly traffic: TrafficWatch;
  readonly states: ObservedStates;
  readonly signal: AbortSignal;
}): Promise<void> {
  await repeat(everyMs, options.signal, async () => {
    let url: string | null;
    try {
      url = options.traffic.target().traffic.applicationUrl;
    } catch {
      return;
    }
    if (url === null) return;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
      const body = await response.text();
      options.states.see(
        'application',
        response.status === 200 ? 'ok' : 'failing',
        `${url} answered ${response.status}${response.status === 200 ? '' : `: ${body.slice(0, 200)}`}`,
      );
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? `: ${sayError(error.cause)}` : '';
      options.states.see('application', 'failing', `${url} did not answer: ${sayError(error)}${cause}`);
    }
  });
}
