// Lets a child process import the sources themselves: nothing has to be built before it can be killed.
import { registerHooks } from 'node:module';

const sources = new URL('../../src/', import.meta.url).href;

registerHooks({
  resolve(name, context, next) {
    const source = name.startsWith('.') && name.endsWith('.js') && context.parentURL?.startsWith(sources);
    return next(source ? `${name.slice(0, -3)}.ts` : name, context);
  },
});
