/** For environments that run commands of their own: what ends them, and where what they print is kept. */
export interface CommandOptions {
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
}
