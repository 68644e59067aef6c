import { once } from 'node:events';
import {
  SwitchedConnection,
  pause,
  repeat,
  sayError,
  silentForMs,
  watchTraffic,
} from '../../sentinel/index.js';
import { readLabState } from '../lab-state.js';
import { labPaths } from '../paths.js';
import { findLabProcess, forgetLabProcess, noteOwnProcess } from '../process-note.js';
import { readApplicationConfig, type ApplicationConfig } from './config.js';
import { exclusively } from './exclusive.js';
import { serveApplication } from './http.js';
import { runLoad } from './load.js';
import { minimalWork, sampleWork } from './work.js';

const timeoutMs = 1500;

/** The sample application's process: ends on SIGTERM, or when its lab's engine has been silent for too long. */
async function runApplication(config: ApplicationConfig): Promise<void> {
  const paths = labPaths(config.labDirectory);
  const ending = new AbortController();
  process.on('SIGTERM', () => ending.abort());
  process.on('SIGHUP', () => undefined);
  const traffic = watchTraffic(paths.traffic);
  const connect = (applicationName: string) =>
    new SwitchedConnection(
      traffic,
      { user: config.user, passfile: config.passfile, applicationName, onConnect: [] },
      1000,
    );
  const [writing, checking] = [connect('ride-hailing application'), connect('ride-hailing health')];
  const [oneWrite, oneCheck] = [exclusively(), exclusively()];
  const work = config.seeded === true ? minimalWork : sampleWork;
  const write = () => oneWrite(() => writing.use(timeoutMs, work.write));
  const server = serveApplication({
    load: runLoad(paths.loadLog, write, ending.signal),
    checkHealth: () => oneCheck(() => checking.use(timeoutMs, work.check)),
    book: write,
  });
  server.listen(config.port, '127.0.0.1');
  await once(server, 'listening');
  // A lab that was made anew meanwhile has another port, and another application.
  const isOurs = () => readLabState(paths)?.applicationPort === config.port;
  if (isOurs()) noteOwnProcess(paths, 'application');
  const startedAt = Date.now();
  await repeat(Math.min(1000, config.heartbeatLimitMs / 4), ending.signal, async () => {
    if (!isOurs() || silentForMs(paths.heartbeat, startedAt) > config.heartbeatLimitMs) ending.abort();
    return Promise.resolve();
  });
  server.close();
  // Lets a write that is under way come to its acknowledgement.
  await Promise.race([oneWrite(() => Promise.resolve()), pause(timeoutMs, new AbortController().signal)]);
  writing.drop();
  checking.drop();
  traffic.stop();
  if (findLabProcess(paths, 'application')?.pid === process.pid) forgetLabProcess(paths, 'application');
}

try {
  await runApplication(readApplicationConfig(process.argv[2] ?? ''));
} catch (error) {
  process.stderr.write(`application: ${sayError(error)}\n`);
  process.exitCode = 1;
}
process.exit();
