import { readinessSchema } from '../../assessment/index.js';
import { documentKinds, schemaFor, type DocumentKind } from '../../language/index.js';
import { didYouMean } from '../../base/index.js';
import { Exit } from '../exit.js';
import { print } from '../output.js';

/** `firedrill schema <kind>`. */
export function printSchema(given: string): void {
  if (given.toLowerCase() === 'readiness') {
    print(JSON.stringify(readinessSchema, null, 2));
    return;
  }
  const kind = documentKinds.find((one) => one.toLowerCase() === given.toLowerCase());
  if (kind === undefined) throw unknownKind(given);
  print(JSON.stringify(schemaFor(kind), null, 2));
}

function unknownKind(given: string): Exit {
  const near = didYouMean(
    given,
    documentKinds.map((kind: DocumentKind) => kind.toLowerCase()),
  );
  const meant = documentKinds.find((kind) => kind.toLowerCase() === near);
  return new Exit(
    'usage',
    `there is no kind "${given}"`,
    meant === undefined ? `Kinds: ${documentKinds.join(', ')}.` : `Did you mean ${meant}?`,
  );
}
