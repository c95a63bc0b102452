import { readFileSync, statSync } from 'node:fs';
import type { Provider } from './provider.ts';

/** A secret as text without its final line break, or a sentence on why there is none. */
export type SecretResult = { secret: string } | { problem: string; absent: boolean };

const standardPrefix = 'whsec_';

/** Reads a secret file. Empty means there is no secret, so nothing may be accepted with it. */
export function readSecret(file: string, provider: Provider): SecretResult {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return {
      problem: missing ? `${file} does not exist` : `${file} cannot be read: ${String(error)}`,
      absent: missing,
    };
  }
  if (text.trim() === '') return { problem: `${file} is empty; write the secret into it`, absent: true };
  if (provider !== 'github' && text.startsWith(standardPrefix)) {
    const encoded = text.slice(standardPrefix.length);
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || encoded.length % 4 !== 0) {
      return { problem: `${file} starts with whsec_, so base64 must follow, and does not`, absent: false };
    }
  }
  return { secret: text };
}

/** The secrets of one receiver, newest first, read again when a file changes. */
export interface SecretStore {
  /** Throws when no current secret can be read: the receiver then accepts nothing. */
  current(): string[];
}

/** Keeps a file's content until its identity, size or time of change differs. */
function cached(file: string, provider: Provider): () => SecretResult {
  let stamp = '';
  let result: SecretResult = { problem: `${file} was not read yet`, absent: true };
  return () => {
    try {
      // Mounted secrets are replaced by swapping a symbolic link: the inode changes even when size and time do not.
      const { ino, size, mtimeMs } = statSync(file);
      const now = `${ino}:${size}:${mtimeMs}`;
      if (now !== stamp) [stamp, result] = [now, readSecret(file, provider)];
    } catch {
      [stamp, result] = ['', readSecret(file, provider)];
    }
    return result;
  };
}

/** Opens the secrets of a receiver. A previous secret that is gone is no error: the rotation has ended. */
export function openSecrets(receiver: {
  provider: Provider;
  secretFile: string;
  previousSecretFile?: string;
}): SecretStore {
  const newest = cached(receiver.secretFile, receiver.provider);
  const previous =
    receiver.previousSecretFile === undefined ? undefined : cached(receiver.previousSecretFile, receiver.provider);
  return {
    current() {
      const first = newest();
      if ('problem' in first) throw new Error(first.problem);
      const second = previous?.();
      return second !== undefined && 'secret' in second ? [first.secret, second.secret] : [first.secret];
    },
  };
}
