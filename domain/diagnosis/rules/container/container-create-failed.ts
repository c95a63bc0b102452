import { capital, kubectl, podOf, type Rule, seek, speaker } from '../../rule.ts';

const wordings = [
  /^(?:CreateContainerError|RunContainerError|CreateContainerConfigError|StartError|ContainerCannotRun)\b/,
  /^exit code \d+ \((?:StartError|ContainerCannotRun)\)/,
  /OCI runtime create failed|failed to create containerd task|unable to start container process|container create failed/,
];

/** The runtime cannot make or start a container, for a reason that no other rule knows. */
export const containerCreateFailed: Rule = {
  cause: 'ContainerCreateFailed',
  row: {
    shows:
      '`CreateContainerError`, `RunContainerError`, `CreateContainerConfigError` or `StartError` with a text that no other row knows',
    means: 'the runtime cannot make the container: mounts, devices, security profiles, limits of the kernel',
    todo: 'read the message of the runtime; compare command, mounts and security settings with the last release',
  },
  best: 'medium',
  rank: 1,
  symptom: true,
  explains: ['Crash'],
  changedBy: /\.(?:command|args|volumeMounts|securityContext|resources)\b/,
  find(facts) {
    const hit = seek(facts, ['waiting', 'ended', 'event'], wordings);
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'medium',
      what: `${capital(speaker(facts, hit.quote))} cannot be created or started by the runtime.`,
      nextStep: `Read ${kubectl(facts, `describe pod ${podOf(facts)}`)} and correct command, mounts or security settings of the container in git.`,
    };
  },
};
