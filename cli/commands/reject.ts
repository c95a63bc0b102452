import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { planDecisionCommand } from './plan-decision.ts';

/** `nodewave reject ds/NAME --plan DIGEST`. */
export function rejectCommand(cli: Cli): Command {
  return planDecisionCommand(
    cli,
    'reject',
    'Refuse the approval: before a batch the rollout ends, after one its nodes are rolled back',
  );
}
