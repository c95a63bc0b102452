import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { applyManifests } from './manifests.ts';

/** Folder with the stages of an untroubled cluster. */
export const baseStagesDir = join(import.meta.dirname, 'stages');

/** A kwok Stage: what happens to an object in a given state. */
export interface Stage {
  apiVersion: 'kwok.x-k8s.io/v1alpha1';
  kind: 'Stage';
  metadata: { name: string };
  spec: Record<string, unknown>;
}

interface Expression {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[];
}

/** Above every base stage, which all have weight 0. */
const weight = 1_000;

const notDeleted: Expression = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
const notStarted: Expression = { key: '.status.podIP', operator: 'DoesNotExist' };
const hasImage = (image: string): Expression => ({ key: '.spec.containers.[].image', operator: 'In', values: [image] });

/** Stage names must be DNS labels; an image name is not, and two images may differ only in what a label cannot hold. */
function stageName(what: string, image: string): string {
  const digest = createHash('sha256').update(image).digest('hex').slice(0, 6);
  const readable = image
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(-30);
  return `${what}-${readable}-${digest}`.replaceAll(/-+/g, '-');
}

function podStage(
  name: string,
  matchExpressions: Expression[],
  next: Record<string, unknown>,
  delayMs?: number,
): Stage {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: 'v1', kind: 'Pod' },
      selector: { matchExpressions },
      weight,
      ...(delayMs === undefined ? {} : { delay: { durationMilliseconds: delayMs } }),
      next,
    },
  };
}

/** Pod conditions and addresses; `ready` is "True" or "False". */
function podHead(phase: 'Running' | 'Pending' | 'Failed', ready: 'True' | 'False'): string {
  const reason = ready === 'True' ? '' : ', reason: ContainersNotReady';
  return `{{ $now := Now }}
{{ $root := . }}
phase: ${phase}
startTime: {{ or .status.startTime $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
conditions:
- { type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }} }
- { type: ContainersReady, status: "${ready}", lastTransitionTime: {{ $now | Quote }}${reason} }
- { type: Ready, status: "${ready}", lastTransitionTime: {{ $now | Quote }}${reason} }
`;
}

/** Container statuses in which the containers of `image` are as `troubled` says and all others run. */
function containers(image: string, troubled: string): string {
  return `containerStatuses:
{{ range $index, $container := .spec.containers }}
- name: {{ $container.name | Quote }}
  image: {{ $container.image | Quote }}
  imageID: ""
  {{ if eq $container.image ${JSON.stringify(image)} }}
${troubled}
  {{ else }}
  ready: true
  started: true
  restartCount: 0
  state: { running: { startedAt: {{ $now | Quote }} } }
  {{ end }}
{{ end }}
`;
}

/** How a container crashes. */
export interface CrashOptions {
  /** Milliseconds it runs, ready, before its first crash; without it no such moment is seen. */
  runsMs?: number;
  /** Milliseconds between two restarts once it loops; 10 s without it. */
  restartEveryMs?: number;
  /** Exit code of each crash; 1 without it. */
  exitCode?: number;
}

/**
 * Pods of one image crash and are seen waiting in CrashLoopBackOff, with a restart count that grows and the last exit
 * code in lastState, as a kubelet shows it.
 */
export function crashLoop(image: string, options: CrashOptions = {}): Stage[] {
  const { runsMs, restartEveryMs = 10_000, exitCode = 1 } = options;
  const crashed = (restarts: string) =>
    podHead('Running', 'False') +
    containers(
      image,
      `  ready: false
  started: false
  restartCount: ${restarts}
  state:
    waiting:
      reason: CrashLoopBackOff
      message: {{ printf "back-off 10s restarting failed container=%s pod=%s_%s(%s)" $container.name $root.metadata.name $root.metadata.namespace $root.metadata.uid | Quote }}
  lastState:
    terminated: { exitCode: ${exitCode}, reason: Error, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} }`,
    );
  const restarts = '{{ add 1 ( index $root.status.containerStatuses $index ).restartCount }}';
  const running: Expression = { key: '.status.phase', operator: 'In', values: ['Running'] };
  const waiting = '.status.containerStatuses.[].state.waiting.reason';
  const firstCrash =
    runsMs === undefined
      ? podStage(stageName('crash-first', image), [notDeleted, hasImage(image), notStarted], {
          statusTemplate: crashed('1'),
        })
      : podStage(
          stageName('crash-first', image),
          [notDeleted, hasImage(image), running, { key: waiting, operator: 'NotIn', values: ['CrashLoopBackOff'] }],
          { statusTemplate: crashed('1') },
          runsMs,
        );
  const again = podStage(
    stageName('crash-again', image),
    [notDeleted, hasImage(image), { key: waiting, operator: 'In', values: ['CrashLoopBackOff'] }],
    { statusTemplate: crashed(restarts) },
    restartEveryMs,
  );
  return [firstCrash, again];
}

/** Pods of one image never start: the kubelet cannot pull it and waits in ImagePullBackOff. */
export function imagePullBackOff(image: string): Stage[] {
  const template =
    podHead('Pending', 'False') +
    containers(
      image,
      `  ready: false
  started: false
  restartCount: 0
  state:
    waiting:
      reason: ImagePullBackOff
      message: {{ printf "Back-off pulling image %q: ErrImagePull: failed to resolve reference %q: not found" $container.image $container.image | Quote }}`,
    );
  return [podStage(stageName('pull', image), [notDeleted, hasImage(image), notStarted], { statusTemplate: template })];
}

/** Pods of one image run at once, but are ready only `delayMs` later; on `nodes` alone where they are named. */
export function slowReady(image: string, delayMs: number, nodes?: readonly string[]): Stage[] {
  const state = (ready: boolean) =>
    podHead('Running', ready ? 'True' : 'False') +
    containers(
      image,
      `  ready: ${ready}
  started: true
  restartCount: 0
  state: { running: { startedAt: {{ or $root.status.startTime $now | Quote }} } }`,
    );
  const notReady: Expression = {
    key: '.status.conditions.[] | select( .type == "Ready" ) | .status',
    operator: 'In',
    values: ['False'],
  };
  const started: Expression = { key: '.status.podIP', operator: 'Exists' };
  const onNodes: Expression[] =
    nodes === undefined ? [] : [{ key: '.spec.nodeName', operator: 'In', values: [...nodes] }];
  const affected = [notDeleted, hasImage(image), ...onNodes];
  return [
    podStage(stageName('slow-start', image), [...affected, notStarted], { statusTemplate: state(false) }),
    podStage(
      stageName('slow-ready', image),
      [...affected, started, notReady],
      { statusTemplate: state(true) },
      delayMs,
    ),
  ];
}

/** Pods of one image run at once and never become ready. */
export function neverReady(image: string): Stage[] {
  return slowReady(image, 0).slice(0, 1);
}

/** Pods of one image are ready at once, at an address where something may really listen. */
export function readyAt(image: string, podIP: string): Stage[] {
  const head = podHead('Running', 'True').replace(/^podIP: .*$/m, `podIP: ${podIP}`);
  const template =
    head +
    containers(
      image,
      `  ready: true
  started: true
  restartCount: 0
  state: { running: { startedAt: {{ $now | Quote }} } }`,
    );
  return [
    podStage(stageName('ready-at', image), [notDeleted, hasImage(image), notStarted], { statusTemplate: template }),
  ];
}

/** Pods of one image fail as soon as they start, with this exit code, as those of a Job whose command does not succeed. */
export function exits(image: string, exitCode: number): Stage[] {
  const template =
    podHead('Failed', 'False') +
    containers(
      image,
      `  ready: false
  started: false
  restartCount: 0
  state:
    terminated: { exitCode: ${exitCode}, reason: Error, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} }`,
    );
  return [podStage(stageName('exit', image), [notDeleted, hasImage(image), notStarted], { statusTemplate: template })];
}

/** Pods of one image take `delayMs` to end once they are being deleted. */
export function slowTermination(image: string, delayMs: number): Stage[] {
  const deleted: Expression = { key: '.metadata.deletionTimestamp', operator: 'Exists' };
  const next = { finalizers: { empty: true }, delete: true };
  return [podStage(stageName('slow-end', image), [deleted, hasImage(image)], next, delayMs)];
}

/** Adds stages to a running cluster; pods that are created from now on follow them. */
export async function applyStages(kubeConfig: KubeConfig, stages: readonly Stage[]): Promise<void> {
  await applyManifests(kubeConfig, { text: stages.map((stage) => stringify(stage)).join('---\n') });
}
