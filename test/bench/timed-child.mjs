import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Wall time in milliseconds of one program; rejects, with the last thing that it said, unless it exits with 0. */
export async function timeChild(file, args, { env = process.env, account = null, cwd } = {}) {
  const begin = performance.now();
  const child = spawn(file, args, {
    env,
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-2000)));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${file} exited with ${code}: ${said.trim().split('\n').at(-1)}`);
  return performance.now() - begin;
}
