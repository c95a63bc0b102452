import { type Rule, seek } from '../../rule.ts';
import { refusals } from './admission-texts.ts';

/** A webhook that the API server has to ask does not answer. */
export const webhookUnavailable: Rule = {
  cause: 'WebhookUnavailable',
  row: {
    shows: '`failed calling webhook "NAME"` with a network error, in event `FailedCreate` or as answer to Nodewave',
    means:
      'the API server must ask a webhook before it creates pods, and the webhook does not answer; the release is not judged by it',
    todo: "repair the webhook's pods and service; then send `retry`",
  },
  best: 'high',
  rank: 3,
  explains: ['AdmissionDenied'],
  find(facts) {
    const hit = seek(facts, refusals, [/failed calling webhook "(?<name>[\w.-]{1,253})"/, /failed to call webhook/]);
    if (hit === null) return null;
    const name = hit.get('name') === '' ? '' : ` ${hit.get('name')}`;
    const service = /https?:\/\/(?<service>[\w-]{1,63})\.(?<namespace>[\w-]{1,63})\.svc/.exec(hit.quote.text)?.groups;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `The API server cannot reach admission webhook${name}, so it ${hit.quote.kind === 'refusal' ? 'refuses what is applied' : 'creates no pod'}.`,
      nextStep:
        service === undefined
          ? `Repair webhook${name}: see "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations" for its service.`
          : `Repair service ${service.service}: "kubectl -n ${service.namespace} get pods,endpointslices" shows whether anything runs behind it.`,
    };
  },
};
