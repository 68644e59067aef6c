import { readFileSync, statSync } from 'node:fs';
import { Failure, isJsonObject, type JsonObject } from '../base/index.js';
import { commandChannel, outboxChannel, webhookChannel, type Channel } from '../notify/index.js';

/** The channels of `firedrill.yaml`, by audience, as they are frozen in a plan's environment settings. */
export function channelsOf(settings: JsonObject): ReadonlyMap<string, Channel> {
  const declared = settings['channels'];
  if (!isJsonObject(declared)) return new Map();
  const channels = new Map<string, Channel>();
  for (const [audience, channel] of Object.entries(declared)) {
    const made = isJsonObject(channel) ? makeChannel(channel) : null;
    if (made !== null) channels.set(audience, made);
  }
  return channels;
}

function makeChannel({ kind, directory, argv, url, urlFile }: JsonObject): Channel | null {
  if (kind === 'outbox' && typeof directory === 'string') return outboxChannel(directory);
  if (kind === 'command' && Array.isArray(argv)) return commandChannel(argv.map(String));
  if (kind !== 'webhook') return null;
  if (typeof url === 'string') return webhookChannel(url);
  return typeof urlFile === 'string' ? webhookFromFile(urlFile) : null;
}

/** Read only when something is sent: a file that cannot be read must fail one message, and nothing of the recovery. */
function webhookFromFile(file: string): Channel {
  return {
    describe: `webhook of ${file}`,
    deliver: async (message) => webhookChannel(readAddress(file)).deliver(message),
  };
}

function readAddress(file: string): string {
  try {
    if ((statSync(file).mode & 0o077) === 0) return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Failure('unavailable', `the webhook's address cannot be read from ${file}`, { cause });
  }
  throw new Failure('refused', `${file} holds a webhook's address and can be read by others`, {
    hint: `Type \`chmod 600 ${file}\`.`,
  });
}
