import type { EvidenceRef } from '../run/index.js';
import type { ArtefactPort } from './ports.js';

/** Where one attempt's output goes while it runs. */
export interface Output {
  readonly write: (chunk: string | Uint8Array) => void;
  readonly close: () => Promise<EvidenceRef | null>;
}

/** The outputs of all steps: each in full on disk, the last lines at hand for views. */
export interface Outputs {
  readonly open: (title: string, step: string | null) => Output;
  readonly tail: (step: string, lines: number) => readonly string[];
  readonly stop: () => void;
}

const keptLines = 200;
const notifyEveryMs = 100;

/** `changed` is called after output came, at most ten times a second. */
export function makeOutputs(artefacts: ArtefactPort, changed: () => void): Outputs {
  const tails = new Map<string, (lines: number) => readonly string[]>();
  let timer: NodeJS.Timeout | null = null;
  const notify = () => {
    timer ??= setTimeout(() => {
      timer = null;
      changed();
    }, notifyEveryMs);
    timer.unref();
  };
  return {
    open: (title, step) => {
      const sink = artefacts.openOutput(title);
      let open = true;
      let begun = false;
      return {
        write: (chunk) => {
          // An action that was aborted may still print; its record is closed.
          if (!open) return;
          sink.write(chunk);
          if (step === null) return;
          // A silent check must not wipe what the step printed before it.
          if (!begun) tails.set(step, (lines) => sink.tail(lines));
          begun = true;
          notify();
        },
        close: async () => {
          open = false;
          if (step !== null && begun) {
            const last = sink.tail(keptLines);
            tails.set(step, (lines) => (lines > 0 ? last.slice(-lines) : []));
          }
          return sink.close();
        },
      };
    },
    tail: (step, lines) => tails.get(step)?.(lines) ?? [],
    stop: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
