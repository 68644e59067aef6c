import type { Lab } from '../lab.js';
import { bothRegions } from './addresses.js';
import type { DoorName } from './doors.js';
import { changeRules } from './network-rules.js';

/** Lets nothing pass through a door any more, as a broken line does: nobody is told. `false` mends it. */
export async function cutDoor(lab: Lab, door: DoorName, cut = true): Promise<void> {
  bothRegions(lab);
  await changeRules(lab.paths, (rules) => {
    const others = rules.cut.filter((one) => one !== door);
    return { ...rules, cut: cut ? [...others, door] : others };
  });
}
