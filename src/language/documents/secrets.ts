import type { Shape, Report } from '../shape/shape.js';
import type { DocumentNode, MapEntry } from '../yaml/node.js';
import { quote } from '../shape/words.js';

const secretKey = /pass(word|wd|phrase)|secret|token|api[-_]?key|private[-_]?key|credential/i;
const secretInAddress = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:[^\s/@]+@/i;

/** A mapping in which no secret may stand: such a key or address is reported as that, and as nothing else. */
export function refusingSecrets<T>(shape: Shape<T>): Shape<T> {
  return {
    schema: shape.schema,
    read(node, report) {
      const clean = withoutSecrets(node, report);
      return shape.read(clean, report);
    },
  };
}

/** `credentials: {profile, file}` says where they are; what is inside is looked at like everything else. */
function pointsElsewhere({ key, value }: MapEntry): boolean {
  return key === 'credentials' && value.type === 'map';
}

function withoutSecrets(node: DocumentNode, report: Report): DocumentNode {
  if (node.type === 'list') return { ...node, items: node.items.map((item) => withoutSecrets(item, report)) };
  if (node.type === 'scalar') {
    if (typeof node.value === 'string' && secretInAddress.test(node.value)) {
      const hint = 'Take it out of the address; for a database name a `passfile`, for a webhook a `urlFile`.';
      report.error(node.position, 'secret-in-configuration', 'an address with a password in it', hint);
    }
    return node;
  }
  const entries: MapEntry[] = [];
  for (const entry of node.entries) {
    if (secretKey.test(entry.key) && !/file$/i.test(entry.key) && !pointsElsewhere(entry)) {
      const hint = 'Secrets never stand here: name a `passfile` or a libpq `service` instead.';
      report.error(
        entry.keyPosition,
        'secret-in-configuration',
        `key ${quote(entry.key)} would hold a secret`,
        hint,
      );
    } else entries.push({ ...entry, value: withoutSecrets(entry.value, report) });
  }
  return { ...node, entries };
}
