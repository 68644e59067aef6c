/** What the lab remembers of its immutable copy, to find and to remove it again. No secret: those lie in files. */
export interface ImmutableState {
  /** Of the object store: outside the lab's folder, because its sockets' paths must be short; noted before it is made. */
  readonly directory: string;
  /** Null while the object store is being made. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly bucket: string;
  /** Below which the host writes now; a new one with each renewal of its keys. */
  readonly prefix: string;
  /** Below which it wrote before its keys were last renewed: what a recovery reads. */
  readonly recoverFrom: string;
  /** age recipients that sets and log are encrypted for: operations and escrow. */
  readonly recipients: readonly string[];
}
