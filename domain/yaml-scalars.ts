import type { ScalarTag, Tags } from 'yaml';

/**
 * The scalars of YAML 1.1 as kubectl reads them: without times and numbers with colons, and with `.`, `e5` and `.e5` as
 * texts; the library takes the last three for floats and makes NaN of them.
 */
export function asKubectl(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === 'string' || !isTimeTag(tag)).map(withDigits);
}

function isTimeTag(tag: { tag: string; format?: string }): boolean {
  return tag.format === 'TIME' || tag.tag === 'tag:yaml.org,2002:timestamp';
}

function withDigits(tag: Tags[number]): Tags[number] {
  if (typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:float') return tag;
  const float = tag as ScalarTag;
  if (float.test === undefined || float.test.test('.inf')) return tag;
  return { ...float, test: new RegExp(`^(?=[-+]?\\.?[0-9])(?:${float.test.source})`, float.test.flags) };
}
