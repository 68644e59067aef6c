import { Failure } from '../../base/index.js';
import { runChild } from '../../children/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const shellRun = defineAction({
  name: 'shell.run',
  with: args(
    {
      command: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        description: 'program and arguments; no shell looks at them',
      },
      directory: { type: 'string' },
      environment: { type: 'object', additionalProperties: { type: 'string' } },
    },
    ['command'],
  ),
  outputs: {
    ok: 'whether the exit code is 0',
    exitCode: 'exit code',
    lastLine: 'last line that was printed',
  },
  effect: 'once',
  destroys: false,
  describe: (given) => `Run ${(given['command'] as readonly string[]).map((part) => shown(part)).join(' ')}`,
  preview: (given) => [(given['command'] as readonly string[]).map((part) => shown(part)).join(' ')],
  perform: async (given, { signal, output }) => {
    const [file, ...rest] = given['command'] as readonly string[];
    const result = await runChild({
      file: text(file),
      args: rest,
      signal,
      onOutput: output,
      ...(typeof given['directory'] === 'string' ? { cwd: given['directory'] } : {}),
      ...(given['environment'] === undefined
        ? {}
        : { env: given['environment'] as { [name: string]: string } }),
    });
    if (result.cancelled)
      throw new Failure('cancelled', `${text(file)} was ended because the step was cancelled`);
    if (result.exitCode !== 0) {
      throw new Failure(
        'exit-code',
        `${text(file)} ended with ${result.signal ?? `exit code ${result.exitCode}`}: ${result.tail.at(-1) ?? 'it printed nothing'}`,
      );
    }
    return { outputs: { ok: true, exitCode: result.exitCode, lastLine: result.tail.at(-1) ?? '' } };
  },
});
