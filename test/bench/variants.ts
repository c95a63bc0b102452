import type { ComponentFlags } from '../../dev/stack/kwokctl.ts';
import { type Stage, slowReady } from '../../dev/stack/stages.ts';

/** What one variant measures, and the limits that it holds. */
export interface Variant {
  name: string;
  /** A sentence for the report. */
  about: string;
  nodes: number;
  /** `maxUnavailable` of both sides. */
  inFlight: number;
  /** Nodes of a batch; one batch of all nodes without it. */
  batchOf?: number;
  flags: ComponentFlags;
  /** How the pods of a new image come up on these nodes; at once without it. */
  stages?: (image: string, nodes: readonly string[]) => Stage[];
  limits: Limits;
}

/** What a run may cost at most; broken ones end the bench with exit code 1. */
export interface Limits {
  /** Nodewave's seconds divided by the native ones; without it the native side is not run. */
  ratio?: number;
  historyEvents: number;
  workerMb: number;
}

/** The controller manager's own limit of requests a second, 20 by default, is off. */
const unlimited: ComponentFlags = {
  'kube-controller-manager': { 'kube-api-qps': '10000', 'kube-api-burst': '10000' },
  'kube-scheduler': { 'kube-api-qps': '10000', 'kube-api-burst': '10000' },
};

/** Thousands of simulated kubelets would renew a hundred leases a second on the same two cores: these renew theirs seldom. */
const quietNodes: ComponentFlags = {
  'kube-controller-manager': { ...unlimited['kube-controller-manager'], 'node-monitor-grace-period': '2h' },
  'kube-scheduler': { ...unlimited['kube-scheduler'] },
  'kwok-controller': { 'node-lease-duration-seconds': '3600' },
};

const everyTwentieth = (nodes: readonly string[]): string[] => nodes.filter((_, index) => index % 20 === 0);

/** The variants; all but `big` run without `--variant`. */
export const variants: readonly Variant[] = [
  {
    name: 'default',
    about: "the controller manager's default limits: it sends 20 requests a second",
    nodes: 1_000,
    inFlight: 100,
    flags: {},
    limits: { ratio: 0.6, historyEvents: 1_000, workerMb: 300 },
  },
  {
    name: 'unlimited',
    about: 'controller manager and scheduler without limits of their own: the machine binds',
    nodes: 2_000,
    inFlight: 100,
    flags: unlimited,
    limits: { ratio: 1.05, historyEvents: 1_000, workerMb: 300 },
  },
  {
    name: 'slow-ready',
    about: 'pods are ready after 10 s: the window binds',
    nodes: 240,
    inFlight: 30,
    flags: {},
    stages: (image) => slowReady(image, 10_000),
    limits: { ratio: 1.05, historyEvents: 1_000, workerMb: 300 },
  },
  {
    name: 'stragglers',
    about: 'the pods of every twentieth node are ready after 60 s, all others at once',
    nodes: 300,
    inFlight: 20,
    flags: {},
    stages: (image, nodes) => slowReady(image, 60_000, everyTwentieth(nodes)),
    limits: { ratio: 1.05, historyEvents: 1_000, workerMb: 300 },
  },
  {
    name: 'big',
    about: '5,000 nodes in batches of 50, no limits; Nodewave alone',
    nodes: 5_000,
    inFlight: 50,
    batchOf: 50,
    flags: quietNodes,
    limits: { historyEvents: 2_500, workerMb: 400 },
  },
];
