import { stringify } from 'yaml';
import { formatDuration } from '../duration.ts';
import { policyDocument } from '../policy/document.ts';
import { apiVersion } from './defaults.ts';
import type { ApplicationSpec } from './spec.ts';

/** The application as plain JSON in the form that a user writes, every default spelled out. */
export function applicationDocument(spec: ApplicationSpec): Record<string, unknown> {
  const { sync, rollout } = spec;
  return {
    apiVersion,
    kind: 'NodeApplication',
    metadata: { name: spec.name },
    spec: {
      source: spec.source,
      destination: spec.destination,
      sync: {
        auto: sync.auto,
        interval: formatDuration(sync.intervalMs),
        prune:
          typeof sync.prune === 'boolean'
            ? sync.prune
            : { inBatches: sync.prune.inBatches, pause: formatDuration(sync.prune.pauseMs) },
        drift: sync.drift,
        ...(sync.adopt === undefined ? {} : { adopt: sync.adopt }),
      },
      rollout: policyDocument(rollout),
      ...(spec.ignore === undefined ? {} : { ignore: spec.ignore }),
    },
  };
}

/** The YAML that `parseApplications` reads back to the same application. */
export function stringifyApplication(spec: ApplicationSpec): string {
  return stringify(applicationDocument(spec), { version: '1.1', lineWidth: 0 });
}
