import { kubectl, podOf, type Rule, seek, speaker } from '../../rule.ts';
import { crashes } from '../symptoms.ts';

const wordings = [/PostStartHookError/, /FailedPostStartHook/, /PreStopHook|FailedPreStopHook/];

/** A lifecycle hook of the template fails, and the kubelet ends the container. */
export const lifecycleHookFailing: Rule = {
  cause: 'LifecycleHookFailing',
  row: {
    shows: '`PostStartHookError`, events `FailedPostStartHook` or `FailedPreStopHook`',
    means:
      'what the template asks for after the start, or before the stop, of a container fails; after a failed start hook the container is ended',
    todo: 'run the command of the hook by hand in the container and correct it in git',
  },
  best: 'high',
  rank: 3,
  explains: crashes,
  changedBy: /lifecycle/,
  find(facts) {
    const hit = seek(facts, ['waiting', 'event', 'probe', 'ended'], wordings);
    if (hit === null) return null;
    const stop = /PreStop/.test(hit.quote.text);
    return {
      quotes: [hit.quote],
      // A failed hook before the stop delays nothing but the stop.
      confidence: stop ? 'low' : 'high',
      what: `The ${stop ? 'preStop' : 'postStart'} hook of ${speaker(facts, hit.quote)} fails.`,
      nextStep: `Read ${kubectl(facts, `describe pod ${podOf(facts)}`)}, run the command of the hook in the container, and correct lifecycle in git.`,
    };
  },
};
