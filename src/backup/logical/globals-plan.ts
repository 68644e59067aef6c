import { Failure } from '../../base/index.js';

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
 * Reads what pg_dumpall wrote, a statement a line. The bootstrap role is there already, and gets its password last; tablespaces
 * get folders of their own, because the recorded ones may be those of the cluster that lives.
 */
export function planGlobals(text: string, bootstrapRole: string, tablespaceRoot: string): GlobalsPlan {
  const first: string[] = [];
  const last: string[] = [];
  const tablespaces: { name: string; directory: string }[] = [];
  for (const line of text.split('\n')) {
    if (line === `CREATE ROLE ${bootstrapRole};`) continue;
    if (line.startsWith(`ALTER ROLE ${bootstrapRole} `)) {
      last.push(line);
      continue;
    }
    if (!line.startsWith('CREATE TABLESPACE ')) {
      first.push(line);
      continue;
    }
    const found = /^CREATE TABLESPACE (.+) OWNER (.+) LOCATION E?'.*';$/.exec(line);
    if (found === null) throw new Failure('check', `cannot read the tablespace in: ${line}`);
    const [, name = '', owner = ''] = found;
    const directory = `${tablespaceRoot}/${tablespaces.length + 1}`;
    tablespaces.push({ name, directory });
    first.push(`CREATE TABLESPACE ${name} OWNER ${owner} LOCATION '${directory.replaceAll("'", "''")}';`);
  }
  return { first: first.join('\n'), last: last.join('\n'), tablespaces };
}
