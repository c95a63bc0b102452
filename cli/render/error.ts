import type { ShownError } from '../errors.ts';
import { plain } from './text.ts';

/** An error as people see it: what was wrong, then what to do. Line breaks are kept, since some list several places. */
export function errorLines({ message, cure }: ShownError): string[] {
  const [first = '', ...more] = message.split('\n').map(plain);
  return [`error: ${first}`, ...more, ...(cure === '' ? [] : [plain(cure)])];
}
