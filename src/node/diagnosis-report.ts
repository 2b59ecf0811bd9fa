import * as v from 'valibot';

import type { NodeDiagnosis } from '../operations/ports/node-diagnosis.ts';
import { addressField, checked, RawView, viewOf } from './report.ts';

const RawDiagnosis = v.object({
  view: RawView,
  configJson: v.nullable(v.string()),
  discoveryConf: v.nullable(v.string()),
  units: v.array(v.string()),
  multipath: v.string(),
  controllers: v.array(
    v.object({
      name: v.string(),
      nqn: v.string(),
      state: v.string(),
      address: v.string(),
      ctrlLossTmo: v.string(),
      hostNqn: v.string(),
    }),
  ),
});

/** @throws RdsctlError BAD_ANSWER */
export function readDiagnosis(json: string, node: string): NodeDiagnosis {
  const raw = checked(RawDiagnosis, json, node);
  return {
    view: viewOf(raw.view),
    configJson: raw.configJson,
    discoveryConf:
      raw.discoveryConf
        ?.split(';')
        .map((line) => line.trim())
        .filter((line) => line !== '') ?? null,
    units: raw.units,
    multipath: raw.multipath === '' ? null : raw.multipath === 'Y',
    controllers: raw.controllers.map(({ name, nqn, state, address, ctrlLossTmo, hostNqn }) => ({
      name,
      nqn,
      state,
      address: addressField(address, 'traddr'),
      // The kernel writes "off" for -1 (seen).
      retriesForEver: ctrlLossTmo === 'off' || ctrlLossTmo.startsWith('-'),
      hostNqn: hostNqn === '' ? null : hostNqn,
    })),
  };
}
