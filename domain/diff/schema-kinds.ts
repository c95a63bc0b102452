import { at, isPlainObject, listAt, type PlainObject } from '../plain.ts';
import type { Path } from './path.ts';
import { isText, type KindOf, type ValueKind } from './value-kind.ts';

const deepest = 100;

/**
 * How the values of a custom kind are written, by its schema: the OpenAPI v3 document that the API server serves for the kind's
 * group and version. Null when the document does not have the kind.
 */
export function schemaKinds(document: unknown, apiVersion: string, kind: string): KindOf | null {
  const [group = '', version = ''] = apiVersion.split('/');
  const schemas = at(document, 'components', 'schemas');
  if (!isPlainObject(schemas)) return null;
  const root = Object.values(schemas).find((schema) =>
    listAt(schema, 'x-kubernetes-group-version-kind').some(
      (one) => at(one, 'group') === group && at(one, 'version') === version && at(one, 'kind') === kind,
    ),
  );
  if (root === undefined) return null;
  return (path) => (isText(path) && path[0] === 'metadata' ? 'plain' : kindOfSchema(walk(schemas, root, path)));
}

function walk(schemas: PlainObject, root: unknown, path: Path): unknown {
  let schema = resolved(schemas, root);
  for (const step of path) {
    const next =
      typeof step === 'string'
        ? (at(schema, 'properties', step) ?? at(schema, 'additionalProperties'))
        : at(schema, 'items');
    schema = resolved(schemas, next);
  }
  return schema;
}

/** References of the API server are wrapped into an `allOf` of one, so that they can have a description and a default. */
function resolved(schemas: PlainObject, schema: unknown): unknown {
  let found = schema;
  for (let depth = 0; depth < deepest; depth++) {
    const only = listAt(found, 'allOf');
    const reference = at(only.length === 1 ? only[0] : found, '$ref');
    if (typeof reference !== 'string') return found;
    found = at(schemas, reference.replace('#/components/schemas/', ''));
  }
  return undefined;
}

function kindOfSchema(schema: unknown): ValueKind {
  const pattern = at(schema, 'pattern');
  const text = typeof pattern === 'string' ? pattern : '';
  if (at(schema, 'x-kubernetes-int-or-string') === true) {
    // What controller-gen writes for resource.Quantity.
    return text.includes('[KMGTPE]i') ? 'quantity' : 'intOrString';
  }
  if (at(schema, 'format') === 'duration' || /\((?:ns\|)?(?:us\|)?(?:µs\|)?ms\|s\|m\|h\)/.test(text)) return 'duration';
  return at(schema, 'format') === 'byte' ? 'base64' : 'plain';
}
