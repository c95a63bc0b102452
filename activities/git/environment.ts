import { ownSshCommand } from './credentials.ts';

/** What git may take from its surroundings; the worker's configuration fills it, nothing else is passed on. */
export interface GitSurroundings {
  /** Where git and ssh are found. */
  PATH?: string;
  /** For ssh keys of an agent. */
  SSH_AUTH_SOCK?: string;
  /** As curl reads them. */
  https_proxy?: string;
  http_proxy?: string;
  no_proxy?: string;
  /** Certificates that git trusts for https. */
  GIT_SSL_CAINFO?: string;
}

/** Transports that git may use without being told: never a command (`ext::`). */
const protocols = 'file:http:https:ssh';

/**
 * The environment of every git process. Nothing of the machine's or a user's git configuration applies, nothing can
 * ask a question, messages are in English, and paths are never patterns. `cacheDir` must be a real path, without
 * symbolic links: git is kept from taking a repository around it for its own.
 */
export function gitEnvironment(cacheDir: string, surroundings: GitSurroundings): Record<string, string> {
  const given = Object.entries(surroundings).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...Object.fromEntries(given),
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS: '/bin/false',
    GIT_SSH_COMMAND: ownSshCommand,
    GIT_SSH_VARIANT: 'ssh',
    GIT_ALLOW_PROTOCOL: protocols,
    GIT_CEILING_DIRECTORIES: cacheDir.slice(0, Math.max(1, cacheDir.lastIndexOf('/'))),
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
  };
}

/** Configuration of every command, `key=value`; stronger than what a repository says of itself. */
export const gitConfig: readonly string[] = [
  'protocol.ext.allow=never',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'credential.helper=',
  // Another host would be one that nobody allowed; moves within a host are followed by our own hand, see remote.ts.
  'http.followRedirects=false',
  // A server that stops sending is given up long before the command's own time is over.
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=30',
  // Housekeeping in the foreground: no process outlives its command.
  'gc.autoDetach=false',
  'maintenance.autoDetach=false',
];

/** The same as options, before a command that is not run through simple-git. */
export const gitOptions: readonly string[] = ['--no-pager', ...gitConfig.flatMap((entry) => ['-c', entry])];
