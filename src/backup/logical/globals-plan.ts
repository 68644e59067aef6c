import { Failure } from '../../base/index.js';
import { quoteLiteral } from '../../postgres/index.js';
import { splitStatements } from './split-statements.js';

/** Statements of a cluster's globals, put in the order in which a new cluster can take them. */
export interface GlobalsPlan {
  /** To be run first. */
  readonly first: string;
  /** To be run last: they may lock out the very session that restores. */
  readonly last: string;
  /** Folders to be made beforehand, each with the tablespace that goes there. */
  readonly tablespaces: readonly { readonly name: string; readonly directory: string }[];
}

/**
 * Reads what pg_dumpall wrote. The bootstrap role is there already, and gets its password last; tablespaces get folders of their
 * own, because the recorded ones may be those of the cluster that lives.
 */
export function planGlobals(text: string, bootstrapRole: string, tablespaceRoot: string): GlobalsPlan {
  const first: string[] = [];
  const last: string[] = [];
  const tablespaces: { name: string; directory: string }[] = [];
  for (const whole of splitStatements(text)) {
    const statement = whole.replace(/^(\s|--[^\n]*(\n|$))+/, '');
    if (statement === `CREATE ROLE ${bootstrapRole};`) continue;
    if (statement.startsWith(`ALTER ROLE ${bootstrapRole} `)) {
      last.push(whole);
      continue;
    }
    if (!statement.startsWith('CREATE TABLESPACE ')) {
      first.push(whole);
      continue;
    }
    const directory = `${tablespaceRoot}/${tablespaces.length + 1}`;
    const name = tablespaceIn(statement);
    tablespaces.push({ name, directory });
    const place = statement.replace(
      / LOCATION E?'(?:''|[^'])*';$/,
      () => ` LOCATION ${quoteLiteral(directory)};`,
    );
    first.push(`\n${place}`);
  }
  return { first: first.join(''), last: last.join(''), tablespaces };
}

function tablespaceIn(statement: string): string {
  const name =
    /^CREATE TABLESPACE ("(?:""|[^"])*"|\S+) OWNER (?:"(?:""|[^"])*"|\S+) LOCATION E?'(?:''|[^'])*';$/.exec(
      statement,
    )?.[1];
  if (name !== undefined) return name;
  throw new Failure('check', `cannot read the tablespace in: ${statement.slice(0, 200)}`);
}
