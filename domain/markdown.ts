/**
 * Text from git or a person, made safe to stand in Markdown: no markup, link or HTML of it takes effect, and it stays on one
 * line. The page that shows current details renders HTML as it is, and links every bare address.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .replace(/[\\`*_{}[\]()#+\-.!|~^:]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}

/** The first `max` characters, with an ellipsis where something was cut. Counts code points, so that no pair is split. */
export function shorten(text: string, max: number): string {
  const points = [...text];
  return points.length <= max ? text : `${points.slice(0, max - 1).join('')}…`;
}

/** The first 7 digits of a commit, for sentences. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}

/** Milliseconds since the epoch as `2026-01-31 08:15:00Z`. */
export function clockTime(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** Address of a workflow's page relative to the Temporal UI, which fills in `{namespace}` itself. */
export function workflowLink(workflowId: string): string {
  return `/namespaces/{namespace}/workflows/${encodeURIComponent(workflowId)}`;
}

/** How many bytes the text takes as UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
