/** What was seen of the region that serves, from two places that reach it over different ways. */
export interface RegionSightings {
  /** Write probes from the other region, one after the other. */
  readonly fromB: readonly { readonly works: boolean; readonly said: string; readonly tookMs: number }[];
  /** From a place in neither region; it only looks. Null: there is no such place. */
  readonly third: { readonly answers: boolean; readonly said: string; readonly tookMs: number } | null;
}

export interface FenceSighting {
  /** In force, and seen to work: a client at the old address was turned away by it. */
  readonly holds: boolean;
  readonly epoch: number | null;
  readonly said: string;
  /** Whether the server behind the fence answers; null where that cannot be told. */
  readonly awake: boolean | null;
}

/** One return of the lost region: whether its server answered, and what became of a client's write at its old address. */
export interface Woken {
  readonly awake: boolean;
  readonly takesWrites: boolean;
  readonly timeline: number;
  readonly write: {
    readonly outcome: 'accepted' | 'refused' | 'no-answer';
    readonly said: string;
    readonly tookMs: number;
  };
}

/** As `CommandOptions`: what ends the commands that an environment runs for this, and where what they print is kept. */
export interface RegionOptions {
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
}

/** The region that serves and may be lost, seen from the other one. */
export interface RegionPort {
  probe(options: ProbeOptions): Promise<RegionSightings>;
  /** Keeps clients and the other region from it, without reaching it. */
  fence(why: string, options: RegionOptions): Promise<void>;
  lookAtFence(options: RegionOptions): Promise<FenceSighting>;
  /** Rejects with `refused` once the other region takes writes. */
  liftFence(options: RegionOptions): Promise<void>;
  /** Absent where the region cannot be brought back from here. */
  wakeAndWrite?(options: RegionOptions): Promise<{ readonly continued: Woken; readonly restarted: Woken }>;
}

export interface ProbeOptions extends RegionOptions {
  readonly attempts: number;
  readonly timeoutMs: number;
}
