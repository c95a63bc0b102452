import { planPrefixLength } from '../../domain/rollout/accept.ts';
import type { RolloutMessage } from '../../domain/rollout/message-table.ts';
import type { RolloutStatus } from '../../domain/wire.ts';
import { daemonSetArguments } from '../target.ts';
import { columns } from './table.ts';

const meaning: Record<RolloutMessage, string> = {
  approve: 'go on with this plan',
  reject: 'do not go on: ends before a batch, rolls back after one',
  pause: 'delete no further pod',
  resume: 'go on, or judge a stopped batch again',
  abort: 'end here; no pod is touched, last good is the live template again',
  rollback: 'put touched nodes back to last good',
  retry: 'judge the stopped batch again; add --ignore-gate to pass the red gate',
};

/** The commands for the messages that a rollout accepts now, ready to paste, each with what it does. */
export function commandsFor(status: RolloutStatus): { command: string; meaning: string }[] {
  const target = daemonSetArguments({ ...status, name: status.daemonset });
  return status.accepts.flatMap((message) => {
    if (!isMessage(message)) return [];
    return [{ command: `nodewave ${message} ${target}${planOption(message, status)}`, meaning: meaning[message] }];
  });
}

function planOption(message: RolloutMessage, status: RolloutStatus): string {
  if (message !== 'approve' && message !== 'reject') return '';
  return ` --plan ${(status.planDigest ?? '').slice(0, planPrefixLength)}`;
}

function isMessage(text: string): text is RolloutMessage {
  return Object.hasOwn(meaning, text);
}

/** The same as lines. */
export function canSend(status: RolloutStatus): string[] {
  return columns(commandsFor(status).map(({ command, meaning }) => [command, `# ${meaning}`]));
}
