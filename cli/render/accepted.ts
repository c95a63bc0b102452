import type { Accepted } from '../../domain/wire.ts';
import { plain } from './text.ts';

/** What is printed when a message was accepted: what happens next, and where to watch it. */
export function acceptedLines(subject: string, accepted: Accepted, watch: string): string[] {
  return [`${subject}: ${plain(accepted.message)}`, `Watch it: ${watch}`];
}
