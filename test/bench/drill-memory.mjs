import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, round } from './row.mjs';
import { withCleanUp, withScratch } from './scratch.mjs';
import { firedrill, root } from './spawned.mjs';

const drill = 'drills/data-deletion.yaml';
const lookMs = 200;
/** 1.1 GB: with less there is little to delete and to bring back. */
const judgedScale = 65;

/** Memory of the engine in a whole drill in which most rows of a large table are deleted, found in the log and brought back. */
export function measureDrill(scale) {
  return withScratch(async (directory) => {
    const programme = join(directory, 'programme');
    mkdirSync(programme);
    // PostgreSQL runs as another account when this is root, and must be able to get through.
    for (const folder of [directory, programme]) chmodSync(folder, 0o755);
    for (const name of ['firedrill.yaml', 'runbooks', 'drills'])
      cpSync(join(root, name), join(programme, name), { recursive: true });
    const words = ['--directory', programme, 'drill', drill, '--unattended', '--view', 'plain'];
    const begin = performance.now();
    const engine = spawn(process.execPath, [firedrill, ...words, '--scale', String(scale)], {
      env: { ...process.env, FIREDRILL_CONFIG_HOME: join(directory, 'config') },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    engine.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-2000)));
    let peakKilobytes = 0;
    const looking = setInterval(() => (peakKilobytes = Math.max(peakKilobytes, peakOf(engine.pid))), lookMs);
    const ended = once(engine, 'close').finally(() => clearInterval(looking));
    const stop = async () => {
      if (engine.exitCode === null && engine.signalCode === null) engine.kill('SIGINT');
      await ended;
    };
    const [code] = await withCleanUp(stop, () => ended);
    if (code !== 0) throw new Error(`the drill ended with ${code}: ${said.trim().split('\n').at(-1)}`);
    if (peakKilobytes === 0) throw new Error('this system does not tell how much memory a process had');
    return atMost({
      what: 'memory of the engine in a drill',
      value: peakKilobytes / 1024,
      limit: 200,
      unit: 'MB',
      notJudged: scale < judgedScale ? `below --full (scale ${judgedScale})` : null,
      detail: `${drill} at scale ${scale}, ${round((performance.now() - begin) / 1000)} s in all`,
      how: 'largest resident size of its process, once; the servers of the lab are others',
    });
  });
}

/** Its own highest mark, in kilobytes; 0 where the system does not tell, or when it has ended. */
function peakOf(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
