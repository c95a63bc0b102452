import { list } from './parse-mapping.ts';
import { choice, text } from './parse-values.ts';

/** What an unsigned commit, or one that none of the trusted keys signed, leads to. */
export const verifyModes = ['require', 'warn'] as const;

/** One of `verifyModes`. */
export type VerifyMode = (typeof verifyModes)[number];

/** Which signatures of commits an application trusts. Without `verify` none is looked at. */
export interface VerifySource {
  verify?: VerifyMode;
  /** Names of keys that the worker knows; without it all of them. */
  trustedKeys?: string[];
}

const keyName = text('the name of a key in "trustedKeys" of the worker\'s git file', (value) =>
  /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(value)
    ? undefined
    : `expected at most 63 letters, digits, "-", "_" and ".", got ${JSON.stringify(value.slice(0, 70))}`,
);

/** Fields of `spec.source` about signatures. */
export const verifyFields = {
  verify: choice(verifyModes).optional(),
  trustedKeys: list('a list of names of keys', keyName, 20, 1).optional(),
};

/** What is wrong with the two together. */
export function verifyProblem({ verify, trustedKeys }: VerifySource): { path: string[]; message: string } | undefined {
  if (trustedKeys === undefined || verify !== undefined) return undefined;
  return { path: ['trustedKeys'], message: 'has no effect without verify; add verify: require or verify: warn' };
}
