import { CancelledFailure, CompleteAsyncError, sleep } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { toFailure, wrapActivities } from '../../activities/failure.ts';
import { failureCodes, NodewaveError } from '../../domain/failures.ts';

const withCode = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

test.each(failureCodes)('a NodewaveError keeps its code %s and is left to the workflow', (code) => {
  const failure = toFailure(new NodewaveError(code, 'a sentence', { cause: new Error('inner') }));
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: code, message: 'a sentence', nonRetryable: true });
  expect(failure).toHaveProperty('cause', undefined);
});

test.each([
  [withCode('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'), 'connect ECONNREFUSED 127.0.0.1:1'],
  [new TypeError('fetch failed', { cause: withCode('ENOTFOUND', 'getaddrinfo') }), 'getaddrinfo (ENOTFOUND)'],
  [new Error('outer', { cause: new AggregateError([withCode('ETIMEDOUT', '')]) }), 'Error (ETIMEDOUT)'],
  [withCode('UND_ERR_HEADERS_TIMEOUT', 'Headers Timeout Error'), 'Headers Timeout Error (UND_ERR_HEADERS_TIMEOUT)'],
  [new Error('socket hang up'), 'socket hang up'],
  [withCode('ENOSPC', 'no space left'), 'no space left (ENOSPC)'],
])('%s is Infrastructure', (error, message) => {
  expect(toFailure(error)).toMatchObject({ type: 'Infrastructure', message, nonRetryable: true });
});

test.each([
  [new TypeError('x is not a function'), 'unexpected error, please report it: TypeError: x is not a function'],
  [new TypeError('fetch failed', { cause: new TypeError('invalid URL') }), 'fetch failed'],
  ['a text', 'unexpected error, please report it: a text'],
  [undefined, 'unexpected error, please report it: undefined'],
])('%s is a Defect', (error, message) => {
  expect(toFailure(error)).toMatchObject({
    type: 'Defect',
    message: expect.stringContaining(message),
    nonRetryable: true,
  });
});

test('an error that causes itself ends', () => {
  const error = new Error('round');
  error.cause = error;
  expect(toFailure(error)).toMatchObject({ type: 'Defect' });
});

test('messages are bounded and credentials are taken out', () => {
  const long = toFailure(new Error('x'.repeat(10_000)));
  expect(long).toMatchObject({ message: expect.stringMatching(/^.{3999}…$/) });
  const text = 'https://user:secret1@h/x Authorization: Bearer secret2secret2 ghp_secret3secret3';
  const failure = toFailure(new NodewaveError('Infrastructure', text));
  expect(failure).toMatchObject({ message: 'https://***@h/x Authorization: Bearer *** ***' });
  expect(JSON.stringify(failure)).not.toContain('secret');
});

test('what was made on purpose passes as it is', () => {
  const made = [
    ApplicationFailure.create({ type: 'NoNewCommit' }),
    new CancelledFailure('x'),
    new CompleteAsyncError(),
  ];
  for (const error of made) expect(toFailure(error)).toBe(error);
});

test('an abort is a cancellation only when the activity was cancelled', () => {
  const abort = new DOMException('aborted', 'AbortError');
  expect(toFailure(abort)).toMatchObject({ type: 'Defect' });
  expect(toFailure(abort, new AbortController().signal)).toMatchObject({ type: 'Defect' });
  expect(toFailure(abort, AbortSignal.abort())).toBeInstanceOf(CancelledFailure);
  expect(toFailure(new NodewaveError('Conflict', 'real'), AbortSignal.abort())).toMatchObject({ type: 'Conflict' });
});

test('wrapped activities answer and fail as their edge says', async () => {
  const activities = wrapActivities({
    answer: async (value: number) => value + 1,
    refuse: async (): Promise<void> => {
      throw new NodewaveError('Conflict', 'someone else owns it');
    },
    wait: async () => sleep(60_000),
    fetch: async () => {
      throw new DOMException('aborted', 'AbortError');
    },
  });
  expect(await activities.answer(1)).toBe(2);
  await expect(activities.refuse()).rejects.toMatchObject({ type: 'Conflict' });
  for (const name of ['wait', 'fetch'] as const) {
    const environment = new MockActivityEnvironment();
    environment.cancel('CANCELLED');
    await expect(environment.run<[], void, () => Promise<void>>(activities[name])).rejects.toBeInstanceOf(
      CancelledFailure,
    );
  }
});
