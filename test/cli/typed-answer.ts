import { spawn } from '@lydell/node-pty';
import { builtProgram } from '../end-to-end/support/run-program.js';
import { until } from '../end-to-end/support/sleep.js';

/** Runs the built program in a real terminal and types one answer to its question. */
export async function answer(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  question: string,
  typed: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const program = builtProgram();
  const terminal = spawn(process.execPath, [program, ...args], {
    ...{ cols: 200, rows: 50 },
    env: { ...process.env, ...env, TERM: 'xterm', CI: '' },
  });
  let output = '';
  terminal.onData((text) => (output += text));
  const over = { is: false };
  const exited = new Promise<number>((settle) =>
    terminal.onExit(({ exitCode }) => {
      over.is = true;
      settle(exitCode);
    }),
  );
  await until(`the question "${question}"`, () => output.includes(question) || over.is);
  if (!over.is) terminal.write(typed);
  return { code: await exited, output };
}
