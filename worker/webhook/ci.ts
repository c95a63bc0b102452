import { z } from 'zod';
import { checkProblem, isFullCommit, reportUrlProblem } from '../../domain/check-report.ts';
import { describe } from './github.ts';
import { cleanId, header, parseJson, type Scheme } from './push.ts';
import { standardRefusal } from './standard.ts';

const shape = 'expected {type: "report", commit, check, outcome, url, repository, application}';

/** A text for which `problem` finds nothing wrong. */
const checked = (expected: string, problem: (text: string) => string | undefined) =>
  z.string(`expected ${expected}`).superRefine((text, context) => {
    const message = problem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const bodySchema = z
  .strictObject(
    {
      type: z.literal('report', 'expected "report"'),
      commit: checked('a full commit', (text) =>
        isFullCommit(text) ? undefined : 'expected the full commit, 40 or 64 hexadecimal digits',
      ),
      check: checked('the name of a check', checkProblem),
      outcome: z.enum(['passed', 'failed'], 'expected passed or failed'),
      url: checked('an address', reportUrlProblem).optional(),
      repository: z.string('expected the URL of a repository').min(1).max(2_000).optional(),
      application: z.string('expected the name of an application').min(1).max(253).optional(),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys' ? `has the unknown key ${issue.keys?.[0]?.slice(0, 60)}; ${shape}` : shape,
    },
  )
  .refine((body) => body.repository !== undefined || body.application !== undefined, {
    error: 'names neither repository nor application; name one of them',
  });

/** What CI says of a commit, signed as by `generic`. It is somebody's word, not a hint: see `matchApplications`. */
export const ci: Scheme = {
  refusal: standardRefusal,

  read(headers, body) {
    const parsed = bodySchema.safeParse(parseJson(body));
    if (!parsed.success) return { kind: 'invalid', why: describe(parsed.error) };
    const { commit, check, outcome, url, repository, application } = parsed.data;
    return {
      kind: 'report',
      report: {
        deliveryId: cleanId(header(headers, 'webhook-id'), header(headers, 'webhook-signature').slice(0, 60)),
        repositories: repository === undefined ? [] : [repository],
        ...(application === undefined ? {} : { application }),
        commit: commit.toLowerCase(),
        check,
        outcome,
        ...(url === undefined ? {} : { url }),
        // Signed, so it tells an old word from a new one even when requests overtake each other.
        atMs: Number(header(headers, 'webhook-timestamp')) * 1_000,
      },
    };
  },
};
