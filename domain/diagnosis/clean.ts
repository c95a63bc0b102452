import { shorten } from '../markdown.ts';
import { maskCredentials } from '../mask-text.ts';

/** Characters of one text that are looked at; what comes after is cut, so that no text costs more than this. */
export const mostCharacters = 2_000;

/** Colour codes of terminals, whatever their escape character became. */
const colours = /\p{Cc}\[[0-9;?]{0,20}[A-Za-z]/gu;

const name =
  '(?:password|passwd|pwd|passphrase|token|secret|signature|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|credentials?)';

/** What is surely or very likely a secret; prose about secrets (`secret "agent" not found`) must stay readable. */
const secrets: readonly RegExp[] = [
  // password=..., --token=...
  new RegExp(`(${name}\\s?=\\s?\\\\?["']?)[^\\s"'\\\\,;&)}]{3,}`, 'gi'),
  // "apiKey": "...", also with the quotes of a log line that is JSON itself.
  new RegExp(`(["'][\\w.-]{0,40}${name}\\\\?["']\\s?:\\s?\\\\?["']?)[^\\s"'\\\\,;&)}]{3,}`, 'gi'),
  // A colon without quotes is what prose has as well.
  /((?:password|passwd|pwd|passphrase)\s?:\s?)[^\s"',;&)}]{3,}/gi,
  /((?:token|secret|api[_-]?key)\s?:\s?)(?=[^\s]{0,100}\d)[\w.~+/=-]{16,}/gi,
  /((?:x-api-key|x-[a-z-]{0,30}token)\s?:\s?)[^\s"']{3,}/gi,
  /(authorization\s?:\s?(?:basic|bearer|token|digest|negotiate|aws4\S{0,30})\s)[^"']{3,500}/gi,
  /((?:set-)?cookie\s?:\s?)(?=\S{0,60}=)[^"']{3,1000}/gi,
  /()\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}/g,
  /()\b(?:xox[abprs]-|sk-|sk_live_|npm_|AIza|hvs\.|glrt-|dop_v1_)[\w-]{10,}/g,
  // Keys in base64, the lines of a private key among them. Digests and uids are of one case, and paths have slashes.
  /()(?<![\w/+=.-])(?=[^\s]{0,39}[a-z])(?=[^\s]{0,39}[A-Z])(?=[^\s]{0,39}\d)(?!\S{0,200}\/\S{0,200}\/\S{0,200}\/\S{0,200}\/)[A-Za-z0-9/+]{40,}={0,2}(?![\w/+.-])/g,
];

/** The text on one line, without colours and control characters, at most `mostCharacters` long. For matching. */
export function plain(text: string): string {
  return text
    .slice(0, mostCharacters)
    .replace(colours, '')
    .replace(/[\s\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu, ' ')
    .toWellFormed()
    .trim();
}

/** The text as it may be shown: on one line, secrets replaced by `***`, at most `max` characters. */
export function shown(text: string, max: number): string {
  const masked = secrets.reduce((rest, secret) => rest.replace(secret, '$1***'), maskCredentials(plain(text)));
  return shorten(masked, max);
}
