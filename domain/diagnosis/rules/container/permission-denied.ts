import { logConfidence, matching, type Rule, seek, seekAll, speaker } from '../../rule.ts';
import { crashes, creation, probes } from '../symptoms.ts';

const byRuntime = [
  /exec: "(?<path>[^"]{1,200})": permission denied/,
  /exec container process `(?<path>[^`]{1,200})`: Permission denied/,
];
const byProgram = [
  /(?:open|mkdir|unlink|stat|chown|chmod|create|connect|listen unix|bind|dial unix) ?(?<path>[\w./:-]{1,200})?: (?:permission denied|operation not permitted)/i,
  /EACCES: permission denied(?:,? [\w@ ]{1,40}[-'] ?'?(?<path>\/[\w./-]{1,200}))?|EPERM: operation not permitted/i,
  /PermissionError: \[Errno 1?[13]\]|\[Errno 13\] Permission denied/,
  /AccessDeniedException|FileNotFoundException: .{1,200}\(Permission denied\)/,
  /(?:^|[:\s])(?:Permission denied|Operation not permitted)(?: \(os error \d+\))?$/i,
];
/** Answers of databases and SSH servers, which are other matters. */
const elsewhere = /publickey|permission denied for|\bSQLSTATE\b/i;

/** The kernel refuses the program a file, a port or a call. */
export const permissionDenied: Rule = {
  cause: 'PermissionDenied',
  row: {
    shows: '`permission denied` or `operation not permitted` from the runtime or in the last lines; exit code 126',
    means:
      'the user of the container may not use this file, port or call: `runAsUser`, file modes of a volume, a dropped capability, SELinux',
    todo: 'correct `securityContext` (user, `fsGroup`, capabilities) or the owner of the files on the node',
  },
  best: 'high',
  rank: 2,
  explains: [...crashes, ...creation, ...probes],
  changedBy: /securityContext|\.image\b|volumes|volumeMounts/,
  find(facts) {
    const runtime = seek(facts, ['waiting', 'event', 'ended'], byRuntime);
    const hits =
      runtime === null
        ? seekAll(facts, ['log'], byProgram, 3).filter(({ quote }) => !elsewhere.test(quote.text))
        : [runtime];
    const hit = hits[0];
    if (hit === undefined) return null;
    const port = matching(hit.quote, [/bind|listen tcp/]) !== null;
    const path = hit.get('path');
    return {
      quotes: hits.map(({ quote }) => quote),
      confidence: logConfidence(hits, runtime === null ? 'medium' : 'high'),
      what:
        runtime === null
          ? `${speaker(facts, hit.quote)} is refused ${path === '' ? 'a file, port or call' : path} by the kernel.`.replace(
              /^./,
              (first) => first.toUpperCase(),
            )
          : `The command of ${speaker(facts, hit.quote)}, ${path}, may not be executed.`,
      nextStep:
        runtime !== null
          ? 'Make the file executable in the image (chmod +x), or correct command and runAsUser in git.'
          : port
            ? 'Use a port above 1023, or add the capability NET_BIND_SERVICE in git.'
            : 'Correct runAsUser, fsGroup and capabilities in securityContext, or the owner of the files on the node.',
    };
  },
};
