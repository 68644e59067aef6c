import { Exit } from './exit.js';

/** `name=value`, once for each input. Throws exit `usage` for what is not of that form or says one input twice. */
export function readInputs(typed: readonly string[] = []): { readonly [name: string]: string } {
  const inputs = new Map<string, string>();
  for (const one of typed) {
    const at = one.indexOf('=');
    const name = one.slice(0, at).trim();
    if (at < 1 || name === '')
      throw new Exit('usage', `--input ${one} is not name=value`, 'Type it like --input transaction=1005.');
    if (inputs.has(name))
      throw new Exit('usage', `--input ${name} is given twice`, 'Leave one of the two away.');
    inputs.set(name, one.slice(at + 1));
  }
  return Object.fromEntries(inputs);
}
