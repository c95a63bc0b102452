import { z } from 'zod';
import { describe } from './github.ts';
import { cleanId, header, parseJson, type Scheme } from './push.ts';
import { standardRefusal } from './standard.ts';

const bodySchema = z
  .strictObject(
    {
      repository: z.string('expected the URL of a repository').min(1).max(2_000).optional(),
      ref: z.string('expected a ref').min(1).max(1_000).optional(),
      application: z.string('expected the name of an application').min(1).max(253).optional(),
    },
    'expected {repository, ref, application} with repository or application, and no other key',
  )
  .refine((body) => body.repository !== undefined || body.application !== undefined, {
    error: 'names neither repository nor application; name one of them',
  });

/** "Something was pushed", in Standard Webhooks. A repeated request within its five minutes starts nothing: its id is known. */
export const generic: Scheme = {
  refusal: standardRefusal,

  read(headers, body) {
    const parsed = bodySchema.safeParse(parseJson(body));
    if (!parsed.success) return { kind: 'invalid', why: describe(parsed.error) };
    const { repository, ref, application } = parsed.data;
    return {
      kind: 'push',
      push: {
        deliveryId: cleanId(header(headers, 'webhook-id'), header(headers, 'webhook-signature').slice(0, 60)),
        repositories: repository === undefined ? [] : [repository],
        refs: ref === undefined ? [] : fullRefs(ref),
        ...(application === undefined ? {} : { application }),
      },
    };
  },
};

/** CI systems know `main` or `v1.2`, not what kind of ref it is. */
function fullRefs(ref: string): string[] {
  return ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
}
