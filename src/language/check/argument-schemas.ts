import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonObject } from '../../base/index.js';

/** Compiling costs a few milliseconds each, so it is done when an action is first used, and once. */
const compiled = new WeakMap<JsonObject, ValidateFunction | string>();
let ajv: Ajv2020 | undefined;

/** The validator of an action's arguments, or why its schema is none: an organisation's own action may be at fault. */
export function argumentValidator(schema: JsonObject): ValidateFunction | string {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  ajv ??= new Ajv2020({
    allErrors: true,
    strict: false,
    verbose: true,
    logger: false,
    // Judging each schema by the meta-schema costs more than all the rest; a broken one fails to compile.
    validateSchema: false,
    code: { optimize: false },
    validateFormats: false,
  });
  let validator: ValidateFunction | string;
  try {
    validator = ajv.compile(schema);
  } catch (error) {
    validator = error instanceof Error ? error.message : String(error);
  }
  compiled.set(schema, validator);
  return validator;
}
