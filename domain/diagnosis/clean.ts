import { shorten } from '../markdown.ts';
import { maskCredentials } from '../mask-text.ts';

/** Characters of one text that are looked at; what comes after is cut, so that no text costs more than this. */
export const mostCharacters = 2_000;

/** Colour codes of terminals, whatever their escape character became. */
const colours = /\p{Cc}\[[0-9;?]{0,20}[A-Za-z]/gu;

/** `password=...`, `--token=...`, `"apiKey": "..."`; a colon without quotes counts for passwords only, prose has it often. */
const assigned =
  /((?:password|passwd|pwd|token|secret|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|credentials?)\\?["']?\s?(?:=|(?<=["'])\s?:)\s?\\?["']?)[^\s"'\\,;&)}]{3,}/gi;
const password = /((?:password|passwd|pwd|passphrase)["']?\s?:\s?["']?)[^\s"',;&)}]{3,}/gi;
const secretHeader = /((?:x-api-key|x-[a-z-]{0,30}token|authorization|cookie)\s?:\s?)(?!\*\*\*)[^\n"']{3,200}/gi;
const amazonKey = /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}/g;
const forgeKey = /\b(?:xox[abprs]-|sk-|sk_live_|npm_|AIza|hvs\.|glrt-|dop_v1_)[\w-]{10,}/g;
/** The form of an Amazon secret key. Digests and uids are of one case, so they stay. */
const fortyCharacters =
  /(?<![\w/+=.-])(?=[^\s]{0,39}[a-z])(?=[^\s]{0,39}[A-Z])(?=[^\s]{0,39}\d)[A-Za-z0-9/+]{40}(?![\w/+=.-])/g;

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
  const masked = maskCredentials(plain(text))
    .replace(secretHeader, '$1***')
    .replace(assigned, '$1***')
    .replace(password, '$1***')
    .replace(amazonKey, '***')
    .replace(forgeKey, '***')
    .replace(fortyCharacters, '***');
  return shorten(masked, max);
}
