import { daemonSetLabel } from '../../domain/ids.ts';
import { planPrefixLength } from '../../domain/rollout/accept.ts';
import type { RolloutMessage } from '../../domain/rollout/message-table.ts';
import type { RolloutStatus } from '../../domain/wire.ts';
import { daemonSetArguments } from '../target.ts';
import { columns } from './table.ts';
import { indented } from './text.ts';

const meaning: Record<RolloutMessage, string> = {
  approve: 'go on with this plan',
  reject: 'do not go on: touched nodes go back to last good',
  pause: 'delete no further pod',
  resume: 'go on, or judge a stopped batch again',
  abort: 'end here; no pod is touched, last good is the live template again',
  rollback: 'put touched nodes back to last good',
  overrideWindow: 'go on outside of the windows, for as long as this rollout lasts',
  retry: 'judge the stopped batch again; add --ignore-gate to pass the red gate',
};

/** Commands that are not called as their message is. */
const names: Partial<Record<RolloutMessage, string>> = { overrideWindow: 'override-window' };

/** The commands for the messages that a rollout accepts now, ready to paste, each with what it does. */
export function commandsFor(status: RolloutStatus): { command: string; meaning: string }[] {
  const target = daemonSetArguments({ ...status, name: status.daemonset });
  return status.accepts.flatMap((message) => {
    if (!isMessage(message)) return [];
    // Accepted nearly always, and of use to a reader only where a window may hold it.
    if (message === 'overrideWindow' && status.phase !== 'waiting') return [];
    const command = `nodewave ${names[message] ?? message} ${target}${optionsOf(message, status)}`;
    const untouched = message === 'reject' && status.phase === 'awaitingApprovalBefore';
    return [{ command, meaning: untouched ? 'do not go on: it ends, no pod is touched' : meaning[message] }];
  });
}

function optionsOf(message: RolloutMessage, status: RolloutStatus): string {
  if (message === 'overrideWindow') return ' --reason WHY';
  if (message !== 'approve' && message !== 'reject') return '';
  return ` --plan ${(status.planDigest ?? '').slice(0, planPrefixLength)}`;
}

function isMessage(text: string): text is RolloutMessage {
  return Object.hasOwn(meaning, text);
}

/** What an application takes once the rollout has ended this way; the rollout itself takes nothing any more. */
export function commandsAfter(status: RolloutStatus): { command: string; meaning: string }[] {
  const to = `${status.application} --daemonset ${daemonSetLabel({ ...status, name: status.daemonset })}`;
  switch (status.outcome) {
    case 'succeeded':
      return [
        { command: `nodewave rollback ${to} --reason WHY`, meaning: 'go back to the good revision before this one' },
      ];
    case 'rolledBack':
      return [
        {
          command: `nodewave release-quarantine ${to}`,
          meaning: 'roll this template out again; a commit that changes it needs no release',
        },
      ];
    case 'aborted':
    case 'failed':
    case 'rollbackFailed':
      return [{ command: `nodewave retry ${to}`, meaning: 'start again with what git holds now' }];
    default:
      return [];
  }
}

/** What can be sent now, as lines under a heading; empty when that is nothing. */
export function canSend(status: RolloutStatus): string[] {
  const now = commandsFor(status);
  const shown = now.length > 0 ? now : commandsAfter(status);
  if (shown.length === 0) return [];
  const heading = now.length > 0 ? 'Can be sent now' : 'It has ended; can be sent to its application';
  return [heading, ...indented(columns(shown.map(({ command, meaning }) => [command, `# ${meaning}`])))];
}
