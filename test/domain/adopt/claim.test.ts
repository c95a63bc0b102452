import { expect, test } from 'vitest';
import { type ClaimedMetadata, claimOf } from '../../../domain/adopt/claim.ts';

const managed = (manager: string) => [{ manager, operation: 'Apply' as const, apiVersion: 'apps/v1' }];

test.each<[string, ClaimedMetadata, object]>([
  ['nobody', {}, { by: 'nobody' }],
  ['kubectl', { managedFields: managed('kubectl') }, { by: 'nobody' }],
  ['us', { annotations: { 'nodewave.dev/application': 'app' } }, { by: 'us' }],
  ['us, before the annotation was written', { managedFields: managed('nodewave:app') }, { by: 'nobody' }],
  [
    'another application',
    { annotations: { 'nodewave.dev/application': 'b' } },
    { by: 'foreign', who: 'application b' },
  ],
  [
    'another application whose annotation was removed',
    { managedFields: managed('nodewave:b') },
    { by: 'foreign', who: 'application b' },
  ],
  [
    'an operator',
    { ownerReferences: [{ kind: 'TigeraStatus', name: 'calico', controller: true }] },
    { by: 'foreign', who: 'TigeraStatus calico (its owner)' },
  ],
  [
    'an owner that does not call itself the controller',
    { ownerReferences: [{ kind: 'Tetragon', name: 'x' }] },
    { by: 'foreign', who: 'Tetragon x (its owner)' },
  ],
  [
    'the add-on manager',
    { labels: { 'addonmanager.kubernetes.io/mode': 'Reconcile' } },
    { by: 'foreign', who: 'the add-on manager of the control plane' },
  ],
  ['an add-on of EKS', { labels: { 'eks.amazonaws.com/component': 'x' } }, { by: 'foreign', who: 'Amazon EKS' }],
  ['an add-on of EKS by its manager', { managedFields: managed('eks') }, { by: 'foreign', who: 'Amazon EKS' }],
  [
    'a component of GKE',
    { annotations: { 'components.gke.io/component-name': 'x' } },
    { by: 'foreign', who: 'Google GKE' },
  ],
  ['an add-on of AKS', { labels: { 'kubernetes.azure.com/managedby': 'aks' } }, { by: 'foreign', who: 'Azure AKS' }],
  ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'a:b' } }, { by: 'foreign', who: 'Argo CD (a:b)' }],
  ['Argo CD by its manager', { managedFields: managed('argocd-controller') }, { by: 'foreign', who: 'Argo CD' }],
  ['Flux', { labels: { 'helm.toolkit.fluxcd.io/name': 'a' } }, { by: 'foreign', who: 'Flux (a)' }],
  ['Helm', { annotations: { 'meta.helm.sh/release-name': 'a' } }, { by: 'foreign', who: 'Helm (a)' }],
  ['what helm template writes', { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }, { by: 'nobody' }],
])('%s', (_, metadata, claim) => {
  expect(claimOf(metadata, 'app')).toMatchObject(claim);
});

test('S29: force takes over from delivery tools, and from nobody who would put it back', () => {
  const claims = (metadata: ClaimedMetadata) => claimOf(metadata, 'app', true).by;
  expect(claims({ annotations: { 'argocd.argoproj.io/tracking-id': 'a:b' } })).toBe('nobody');
  expect(claims({ annotations: { 'meta.helm.sh/release-name': 'a', 'nodewave.dev/application': 'app' } })).toBe('us');
  expect(claims({ ownerReferences: [{ kind: 'Tetragon', name: 'x' }] })).toBe('foreign');
  expect(claims({ labels: { 'addonmanager.kubernetes.io/mode': 'EnsureExists' } })).toBe('foreign');
  expect(claims({ annotations: { 'nodewave.dev/application': 'b' } })).toBe('foreign');
});

test('a foreign claim says what to do', () => {
  const claim = claimOf({ annotations: { 'nodewave.dev/application': 'b' } }, 'app');
  expect(claim).toMatchObject({ cure: expect.stringContaining('nodewave delete b') });
});
