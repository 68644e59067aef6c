import { applicationHost, makeApplicationHost } from './application/host.js';
import { judgePlace, locateCluster } from './clusters.js';
import { namedCluster, type Lab } from './lab.js';

/**
 * New machines, as far as a lab has them: an empty place for a cluster, with a token, a port and a socket folder that nothing has
 * used, and an empty host for the application. What is there already stays. Resolves to what there is now, in words.
 */
export async function provisionLab(lab: Lab): Promise<readonly string[]> {
  const { dataDirectory, host, port } = await locateCluster(lab, 'replacement');
  return [
    `place for a cluster: ${dataDirectory}, to listen at ${host}:${port}`,
    `application host: ${makeApplicationHost(lab)}`,
  ];
}

export async function isLabProvisioned(lab: Lab): Promise<boolean> {
  const place = namedCluster(lab, 'replacement');
  if (place === null || applicationHost(lab) === null) return false;
  return (await judgePlace(lab, place)).length === 0;
}
