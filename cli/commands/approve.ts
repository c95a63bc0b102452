import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { planDecisionCommand } from './plan-decision.ts';

/** `nodewave approve ds/NAME --plan DIGEST`. */
export function approveCommand(cli: Cli): Command {
  return planDecisionCommand(cli, 'approve', 'Let a rollout go on that waits for an approval');
}
