import { writeFileSync } from 'node:fs';
import { groups } from '../../domain/diagnosis/registry.ts';
import type { Row } from '../../domain/diagnosis/rule.ts';
import { unknownCause, unknownRow } from '../../domain/diagnosis/unknown.ts';

const head = ['| cause | how it shows | what it means | what to do | at best |', '|---|---|---|---|---|'];

function line(cause: string, { shows, means, todo }: Row, best: string): string {
  return `| \`${cause}\` | ${[shows, means, todo, best].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** docs/failures.md, from the registry of rules. Written by `node dev/run.mjs dev/docs/failures.ts`. */
export function failuresPage(): string {
  const tables = groups.map(({ title, rules }) =>
    [`### ${title}`, '', ...head, ...rules.map(({ cause, row, best }) => line(cause, row, best))].join('\n'),
  );
  return `<!-- Written by "node dev/run.mjs dev/docs/failures.ts" from domain/diagnosis/registry.ts. Do not edit. -->

# Failures

When a gate turns red, Nodewave looks at what failed while it is still there: status, conditions, events and last lines of the
pods, their nodes, what the release changes, and how many nodes show the same. \`nodewave explain\` does it on demand. The gate
stops the rollout by its own few rules, see [rollout.md](rollout.md#gates); a diagnosis explains, and stops nothing.

A finding says:

| part | meaning |
|---|---|
| cause | a word of the tables below |
| what | what happened, in a sentence that names the object |
| evidence | the texts it rests on, each with where it is from; at most 5, each at most 300 characters, secrets masked |
| confidence | \`high\`: the text can mean nothing else. \`medium\`: it explains what is seen, and so could something else. \`low\`: a hint |
| blame | \`release\`, \`node\` or \`unclear\`, see [below](#release-or-node) |
| spread | how many nodes show the same: \`3 of 3 updated nodes, all in pool gpu\` |
| next step | what to do, with the object's name and the command |

At most 4 findings are told, the surest first. What follows from another finding is left out: a readiness probe behind a crash
loop, a volume that is late behind the Secret that is missing.

What a program logs counts as the cause when the program ended within 15 lines after it, or says it again and again while it
runs; else it is a hint. Many programs survive a refused connection.

## Causes

"At best" is the confidence that a finding can reach.

${tables.join('\n\n')}

### None of these

${[...head, line(unknownCause, unknownRow, 'low')].join('\n')}

## Release or node

Nodes are compared: those that run the new template, and the rest on last good.

| blame | when |
|---|---|
| \`release\` | several updated nodes fail, in more than one pool or at least half of them, and all nodes on last good are well |
| \`node\` | one of three or more updated nodes fails, and it is not Ready, under pressure or without network, or at least half of its pool's nodes on last good fail as well |
| \`unclear\` | anything in between: a canary of one node; only the nodes of one pool, zone or architecture; the rest is not well either |

Where comparing cannot tell, the rest is well and the confidence is high, a change of this very release that touches the cause
(a new image, and the image does not exist) makes it \`release\`; the change is then part of the evidence. An image name that is
none, and a manifest that the API server refuses, are the release's whatever the nodes are like.

## From the gate that stopped to the cause

| gate | causes that are usual |
|---|---|
| \`CrashLoopBackOff\`, \`TooManyRestarts\` | \`Crash\`, \`LivenessProbeFailing\`, \`ApiForbidden\`, \`HostPortConflict\`, \`ConfigRejected\`, \`FileMissing\`, \`PermissionDenied\`, those of the network |
| \`OOMKilled\` | \`OutOfMemory\` |
| \`ImagePullBackOff\`, \`ErrImageNeverPull\`, \`InvalidImageName\`, \`ImageNotPulledInTime\` | those of images and registries |
| \`CreateContainerConfigError\` | \`ConfigMapMissing\`, \`SecretMissing\`, \`KeyMissing\`, \`RunAsNonRoot\`, \`HostPathMissing\` |
| \`CreateContainerError\`, \`RunContainerError\` | \`BinaryMissing\`, \`PermissionDenied\`, \`HostPathMissing\`, \`ReadOnlyFileSystem\`, \`ContainerCreateFailed\` |
| \`NotScheduledInTime\` | those of a place on the node |
| \`NotStartedInTime\` | those of volumes, \`NetworkSetupFailed\`, \`SandboxFailed\`, \`InitContainerFailing\` |
| \`NotReadyInTime\`, \`NotAvailableInTime\` | those of probes, of the network and of rights |
| \`PodFailed\` | \`NodePressure\`, \`EphemeralStorageExceeded\`, \`InsufficientResources\`, \`NodeShutdown\`, \`Preempted\`, \`DeviceUnavailable\` |
| \`PodNotCreated\` | those of what the API server refuses, \`ServiceAccountMissing\` |
| \`StuckTerminating\` | \`StuckTerminating\`, \`NodeNotReady\` |
| \`NodeNotReady\` | \`NodeNotReady\`, \`NetworkSetupFailed\`, \`NodeShutdown\` |

## Adding a cause

1. A file under \`domain/diagnosis/rules/\` with one \`Rule\`: cause, row, wordings, what it says. Patterns have no repetition inside
   a repetition: texts come from strangers.
2. A line in \`domain/diagnosis/registry.ts\`; list it under \`explains\` of what brings it about.
3. Two wordings or more in \`test/domain/diagnosis/gallery/\`, from two runtimes or versions, and a line in \`wordings.tsv\` beside it
   for each that was read in a source, in a thread, or off the program itself. A test compares them, and counts the others.
4. \`node dev/run.mjs dev/docs/failures.ts\` writes this page.
`;
}

if (import.meta.main) {
  writeFileSync(new URL('../../docs/failures.md', import.meta.url), failuresPage());
  process.stdout.write('docs/failures.md written\n');
}
