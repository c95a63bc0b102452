import { paths } from '../../activities/cluster/paths.ts';
import { recordPods } from '../support/pod-history.ts';
import { allOn, createFleet, fleet, makeNamespace, newImage, oldImage, type Side, secondsSince } from './fleet.ts';

/** Seconds from the change of the template to the last available pod, with native RollingUpdate. */
export async function measureNative({ nodes, inFlight, kube, say }: Side): Promise<number> {
  const namespace = 'bench-native';
  await makeNamespace(kube, namespace);
  say(`native: ${nodes} pods of version 1 ...`);
  await createFleet(kube, fleet(namespace, 'agent', oldImage, inFlight), nodes);
  const history = await recordPods(kube, namespace);
  say('native: rolling to version 2 ...');
  const startedMs = performance.now();
  const containers = [{ name: 'agent', image: newImage }];
  const ref = { namespace, name: 'agent' };
  await kube.patch(paths.daemonSet(ref), { spec: { template: { spec: { containers } } } }, { type: 'strategic' });
  await allOn(history, newImage, nodes);
  const seconds = secondsSince(startedMs);
  history.stop();
  say(`native: ${seconds} s`);
  return seconds;
}
