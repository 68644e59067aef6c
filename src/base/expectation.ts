import { canonicalJson, type Json, type JsonObject } from './json.js';
import { parseDuration } from './duration.js';

/** What a value must be; exactly the given keys must all hold. `within` takes a duration (`15m`) for a value in milliseconds. */
export interface Expectation {
  readonly equals?: Json;
  readonly not?: Json;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly within?: string;
  readonly matches?: string;
  readonly oneOf?: readonly Json[];
}

export interface ExpectationResult {
  readonly name: string;
  readonly expected: Expectation;
  readonly actual: Json;
  readonly met: boolean;
}

export function meets(expected: Expectation, actual: Json): boolean {
  const same = (a: Json, b: Json) => canonicalJson(a) === canonicalJson(b);
  const tests: boolean[] = [];
  if (expected.equals !== undefined) tests.push(same(expected.equals, actual));
  if (expected.not !== undefined) tests.push(!same(expected.not, actual));
  if (expected.atLeast !== undefined) tests.push(typeof actual === 'number' && actual >= expected.atLeast);
  if (expected.atMost !== undefined) tests.push(typeof actual === 'number' && actual <= expected.atMost);
  if (expected.within !== undefined) {
    const limit = parseDuration(expected.within);
    tests.push(typeof actual === 'number' && limit !== undefined && actual <= limit);
  }
  if (expected.matches !== undefined)
    tests.push(typeof actual === 'string' && new RegExp(expected.matches, 'u').test(actual));
  if (expected.oneOf !== undefined) tests.push(expected.oneOf.some((one) => same(one, actual)));
  // An expectation that names nothing can never fail: it counts as not met.
  return tests.length > 0 && tests.every(Boolean);
}

/** Compares an action's outputs with what a check expects of them. Without expectations the output `ok` must be true. */
export function compareOutputs(
  outputs: JsonObject,
  expected: { readonly [output: string]: Expectation } | undefined,
): ExpectationResult[] {
  const wanted = expected ?? { ok: { equals: true } };
  return Object.entries(wanted).map(([name, one]) => {
    // An output that was not given cannot be as expected, not even by being unlike something.
    const actual = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
    return { name, expected: one, actual: actual ?? null, met: actual !== undefined && meets(one, actual) };
  });
}
