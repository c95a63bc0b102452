import type { Case } from './case.ts';

const made = 'made up: plausible, and nothing that a rule may claim to know';
const quiet: [string, string] = ['Pulled', 'Successfully pulled image "registry.example/agent:2.0" in 1.2s'];

/** Texts that no rule may claim to know, most of them near to one that it does. */
export const unknownCases: Case[] = [
  {
    cause: 'unknown',
    source: made,
    events: [['SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.']],
  },
  {
    cause: 'unknown',
    source: made,
    events: [['DNSConfigForming', 'Nameserver limits were exceeded, some nameservers have been omitted']],
  },
  {
    cause: 'unknown',
    source: made,
    events: [
      ['Pulled', 'Container image "registry.example/agent:2.0" already present on machine'],
      ['Started', 'Started container agent'],
    ],
  },
  { cause: 'unknown', source: made, events: [['CIDRNotAvailable', 'Node node-1 status is now: CIDRNotAvailable']] },
  { cause: 'unknown', source: made, waiting: ['PodInitializing'], events: [quiet] },
  { cause: 'unknown', source: made, waiting: ['ContainerCreating'], pod: ['Pending'] },
  { cause: 'unknown', source: made, waiting: ['MoonPhaseError', 'the moon is not full'] },
  {
    cause: 'unknown',
    source: made,
    log: ['level=info msg="serving on :8080"', 'level=info msg="no configuration changes"'],
  },
  {
    cause: 'unknown',
    source: made,
    log: ['registry of metrics created', 'image cache: 3 entries', 'manifest of plugins: unknown entries are ignored'],
  },
  {
    cause: 'unknown',
    source: made,
    log: ['quota used: 3 of 10', 'priority class of traffic: 2', 'selector: app=agent'],
  },
  { cause: 'unknown', source: made, log: ['waiting for leader election', 'lease lock is held by agent-abcde'] },
  {
    cause: 'unknown',
    source: made,
    pod: ['Failed', 'Banished', 'the pod did something that is not written down anywhere'],
  },
  {
    cause: 'unknown',
    source: made,
    refusals: [
      'Operation cannot be fulfilled on daemonsets.apps "agent": the object has been modified; please apply your changes to the latest version',
    ],
  },
  {
    cause: 'unknown',
    source: made,
    node: [
      ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
      ['FrequentKubeletRestart', 'True', 'FrequentKubeletRestart', 'restarted 5 times'],
    ],
  },
  { cause: 'unknown', source: made, terminatingForMs: 10_000, events: [['Killing', 'Stopping container agent']] },
];
