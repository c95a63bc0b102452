import { join } from 'node:path';

/** Root of the repository. */
export const repositoryRoot = join(import.meta.dirname, '..', '..');

/** Folder of the demo's state and logs; removed in the end unless it is kept. */
export const stateDir = join(repositoryRoot, '.nodewave', 'demo');

/** What the demo plays with. */
export const setting = {
  nodes: 60,
  zones: ['zone-a', 'zone-b', 'zone-c'],
  cluster: 'demo',
  application: 'node-agents',
  namespace: 'monitoring',
  daemonSet: 'node-agent',
  repository: 'registry.example.com/agents/node-agent',
  /** 10 % of 60 nodes. */
  budget: 6,
  /** How long a pod of version 2 takes to become ready: long enough to kill the worker while one is not. */
  slowReadyMs: 1_200,
} as const;

/** A release of the agent. */
export type Version = '1' | '2' | '3' | '4';

/** The image of a version. */
export const imageOf = (version: Version): string => `${setting.repository}:${version}.0.0`;

/** The version that an image belongs to, as people write it; the image itself when it is none of the demo's. */
export const shortImage = (image: string): string => image.slice(image.lastIndexOf(':') + 1);
