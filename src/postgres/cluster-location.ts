/** Everything needed to find one PostgreSQL cluster on this machine, alive or dead. */
export interface ClusterLocation {
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** The operating-system account the server runs as; null: the current one. */
  readonly account: { readonly name: string; readonly uid: number; readonly gid: number } | null;
  /** A libpq passfile (0600), where one is needed; never a password. */
  readonly passfile: string | null;
}
