import { searchAttributeNames } from '../domain/ids.ts';
import { ClientError } from './client-error.ts';
import type { TemporalAccess } from './connection.ts';
import { explain } from './explain.ts';

// temporal.api.enums.v1.IndexedValueType
const keywordType = 2;
const deadlineMs = 10_000;

/** Commands that register the given attributes, one a line. */
export function registerCommands(config: { address: string; namespace: string }, names: readonly string[]): string {
  return names
    .map(
      (name) =>
        `temporal operator search-attribute create --address ${config.address} --namespace ${config.namespace} --name ${name} --type Keyword`,
    )
    .join('\n');
}

/** What the namespace holds of the attributes that Nodewave needs. */
async function inspect(access: TemporalAccess): Promise<{ missing: string[]; wrongType: string[] }> {
  const { config, connection } = access;
  try {
    const response = await connection.withDeadline(Date.now() + deadlineMs, () =>
      connection.operatorService.listSearchAttributes({ namespace: config.namespace }),
    );
    const custom = response.customAttributes ?? {};
    const names = Object.values(searchAttributeNames);
    return {
      missing: names.filter((name) => custom[name] === undefined),
      wrongType: names.filter((name) => custom[name] !== undefined && custom[name] !== keywordType),
    };
  } catch (error) {
    throw explain(error, { config, subject: `namespace ${config.namespace}` });
  }
}

function refuse(access: TemporalAccess, names: readonly string[], why: string, cause?: unknown): ClientError {
  return new ClientError(
    'setup',
    `namespace "${access.config.namespace}" lacks the search attributes ${names.join(', ')}${why}`,
    `Somebody who may change the namespace runs:\n${registerCommands(access.config, names)}`,
    { cause },
  );
}

/**
 * Makes sure that every search attribute exists, and registers missing ones when `register` is set. A workflow that
 * writes one that does not exist is stuck for ever, so the worker asks before it takes work. Returns what it registered.
 * Throws ClientError `setup` with the exact commands when it cannot.
 */
export async function verifySearchAttributes(
  access: TemporalAccess,
  options: { register: boolean },
): Promise<{ registered: string[] }> {
  const { config, connection } = access;
  const { missing, wrongType } = await inspect(access);
  if (wrongType.length > 0) {
    throw new ClientError(
      'setup',
      `the search attributes ${wrongType.join(', ')} of namespace "${config.namespace}" are not of type Keyword`,
      'Use a namespace of its own for Nodewave, or remove them and register them again as Keyword.',
    );
  }
  if (missing.length === 0) return { registered: [] };
  if (!options.register) throw refuse(access, missing, '');
  try {
    await connection.withDeadline(Date.now() + deadlineMs, () =>
      connection.operatorService.addSearchAttributes({
        namespace: config.namespace,
        searchAttributes: Object.fromEntries(missing.map((name) => [name, keywordType])),
      }),
    );
  } catch (error) {
    // Two workers that start together both find them missing: the slower one's refusal is fine.
    if ((await inspect(access)).missing.length === 0) return { registered: [] };
    const details = explain(error, { config, subject: `namespace ${config.namespace}` }).message;
    throw refuse(access, missing, `, and registering them was refused (${details})`, error);
  }
  await waitUntilUsable(access);
  return { registered: missing };
}

/** The server answers before every part of it knows the new attributes. */
async function waitUntilUsable(access: TemporalAccess): Promise<void> {
  const endMs = Date.now() + deadlineMs;
  while ((await inspect(access)).missing.length > 0) {
    if (Date.now() > endMs) throw refuse(access, (await inspect(access)).missing, ' though they were registered');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
