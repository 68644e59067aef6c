/** How far a long operation is; the receiver works out rate and time left. */
export interface Progress {
  /** In words, lower case: `copying`, `hashing`, `restoring database orders`. */
  readonly stage: string;
  readonly doneBytes?: number;
  /** Absent while it is not known. */
  readonly totalBytes?: number;
}
