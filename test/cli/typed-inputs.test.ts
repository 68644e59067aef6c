import { describe, expect, test } from 'vitest';
import { loadDrill } from '../../src/cli/load-programme.js';
import { readInputs } from '../../src/cli/read-inputs.js';
import { expectExit, runProgram } from '../end-to-end/support/run-program.js';

const drill = 'drills/data-deletion.yaml';
const options = {
  format: 'human',
  directory: process.cwd(),
  quiet: true,
  colour: false,
} as const;

describe('an input that is typed on the command line', () => {
  test('takes the place of its default in the plan', async () => {
    const plan = await loadDrill(drill, true, options, readInputs(['transaction=1005']));
    expect(plan.inputs).toMatchObject({ transaction: '1005' });
    expect((await loadDrill(drill, true, options)).inputs).toMatchObject({ transaction: 'suggested' });
  });

  test('may hold an equals sign itself', () => {
    expect(readInputs(['a=b=c', 'd='])).toEqual({ a: 'b=c', d: '' });
  });

  test.each([
    [['transaction'], /--input transaction is not name=value/],
    [['=5'], /is not name=value/],
    [['a=1', 'a=2'], /--input a is given twice/],
  ])('%j is refused before anything is started', (typed, says) => {
    expect(() => readInputs(typed)).toThrow(says);
  });

  test('that the runbook does not have is an error of the plan, and names those that it has', async () => {
    const ended = await runProgram(['drill', drill, '--unattended', '--input', 'transactoin=5']);
    expectExit(ended, 3);
    expect(ended.stderr).toMatch(/unknown input "transactoin".*[^]*Did you mean "transaction"/);
  });
});
