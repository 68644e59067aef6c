import type { InfrastructurePort } from '../environment.js';
import { askYesOrNo } from './ask-yes-or-no.js';
import { makePlace } from './made-places.js';
import { runOrFail } from './run-command.js';
import { notDeclared, type DeclaredSettings } from './settings.js';
import { named, type StateFile } from './state.js';

const provisionMs = 3_600_000;

/** New machines through the commands that the configuration names, and on this one a place for the restored cluster. */
export function declaredInfrastructure(
  settings: DeclaredSettings,
  runId: string,
  state: StateFile,
): InfrastructurePort {
  const infrastructure = () => {
    const { infrastructure } = settings.declared;
    if (infrastructure === undefined)
      throw notDeclared(settings, 'way to provision machines', 'infrastructure');
    return infrastructure;
  };
  const place = () => named(state.read(), 'replacement');
  return {
    provision: async (options) => {
      const { lastLine } = await runOrFail(settings, infrastructure().provision, provisionMs, options);
      const { dataDirectory, host, port } =
        place() ?? (await makePlace(settings, runId, state, 'replacement'));
      return [lastLine, `place for a cluster: ${dataDirectory}, to listen at ${host}:${port}`];
    },
    isProvisioned: async (options) =>
      (await askYesOrNo(settings, infrastructure().isProvisioned, options)) && place() !== null,
  };
}
