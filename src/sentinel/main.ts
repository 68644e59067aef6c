import { join } from 'node:path';
import { claim, releaseClaim } from './claim.js';
import { readSentinelConfig, type SentinelConfig } from './config.js';
import { silentForMs } from './engine-silence.js';
import { openLedger } from './ledger-writer.js';
import { observedStates, sayError } from './observed-states.js';
import { repeat } from './pace.js';
import { probeApplication } from './probe-application.js';
import { heapOnly, probeReads } from './probe-reads.js';
import { SwitchedConnection } from './switched-connection.js';
import { watchTraffic } from './traffic.js';
import { writeCanaries } from './write-canaries.js';

/** The observer's process. Exit code 0 when it was ended, 3 when another one lives, 1 when it cannot write its ledger. */
async function observe(config: SentinelConfig): Promise<number> {
  const file = join(config.recordDirectory, 'ledger.jsonl');
  if (!claim(config.stateDirectory, file, config.intervalMs)) return 3;
  const ending = new AbortController();
  const endWith = (reason: string) => () => ending.abort(reason);
  process.on('SIGTERM', endWith('ended on request'));
  process.on('SIGINT', endWith('interrupted'));
  // The engine's terminal may go away; the observer stays.
  process.on('SIGHUP', () => undefined);

  const ledger = openLedger(file, config.stateDirectory);
  ledger.append({ kind: 'opened', resolutionMs: config.intervalMs, pid: process.pid });
  const { signal } = ending;
  const traffic = watchTraffic(config.trafficFile);
  const states = observedStates((fact) => ledger.append(fact));
  const connect = (applicationName: string, onConnect: readonly string[]) =>
    new SwitchedConnection(
      traffic,
      { user: config.user, passfile: config.passfile, applicationName, onConnect },
      1000,
    );
  const writing = connect('firedrill sentinel write', ['set synchronous_commit = on']);
  const reading = connect('firedrill sentinel read', heapOnly);
  try {
    const { intervalMs, session, probeRelation: relation, firstId = 1 } = config;
    await Promise.all([
      writeCanaries({ connection: writing, ledger, states, intervalMs, firstId, session, signal }),
      relation === null ? undefined : probeReads({ connection: reading, relation, states, signal }),
      probeApplication({ traffic, states, signal }),
      watchHeartbeat(config, ending),
    ]);
    ledger.append({ kind: 'closed', reason: String(signal.reason) });
    return 0;
  } finally {
    traffic.stop();
    writing.drop();
    reading.drop();
    ledger.close();
    releaseClaim(config.stateDirectory);
  }
}

async function watchHeartbeat(config: SentinelConfig, ending: AbortController): Promise<void> {
  const { heartbeat } = config;
  if (heartbeat === null) return;
  const startedAt = Date.now();
  await repeat(Math.min(5000, heartbeat.limitMs / 4), ending.signal, async () => {
    if (silentForMs(heartbeat.file, startedAt) > heartbeat.limitMs)
      ending.abort(`no sign of life from the engine for ${heartbeat.limitMs} ms`);
    return Promise.resolve();
  });
}

try {
  process.exitCode = await observe(readSentinelConfig(process.argv[2] ?? ''));
} catch (error) {
  process.stderr.write(`sentinel: ${sayError(error)}\n`);
  process.exitCode = 1;
}
// A connection to a frozen server would keep the process alive.
process.exit();
