import type { Facts } from '../../facts.ts';
import { capital, type Hit, matching, nodeOf, type Rule } from '../../rule.ts';
import { imageOf, pullTexts, registryOf } from './pull.ts';

/** Each way not to reach a registry: how it is worded, in words, and what to look at. */
const ways: { wordings: RegExp[]; words: string; look: string }[] = [
  {
    wordings: [/x509: |certificate signed by unknown authority|certificate has expired|tls: (?!handshake timeout)/i],
    words: 'its certificate does not verify',
    look: 'put the CA of the registry on the nodes or renew its certificate',
  },
  {
    wordings: [/server gave HTTP response to HTTPS client/],
    words: 'it speaks plain HTTP where the runtime asks for HTTPS',
    look: 'configure the runtime of the nodes for this registry or give it a certificate',
  },
  {
    wordings: [/no such host|server misbehaving|[Tt]emporary failure in name resolution|[Nn]ame or service not known/],
    words: 'its name is not resolved',
    look: 'check the name in git and the DNS of the node',
  },
  {
    wordings: [/connection refused/],
    words: 'nothing listens there',
    look: 'check that the registry runs and its port is right',
  },
  {
    wordings: [/no route to host|network is unreachable|connection reset by peer/],
    words: 'there is no way to it',
    look: 'check routes, proxies and firewalls of the node',
  },
  {
    wordings: [
      /i\/o timeout|TLS handshake timeout|Client\.Timeout|context deadline exceeded|DeadlineExceeded|request canceled/i,
    ],
    words: 'it does not answer in time',
    look: 'check the network between node and registry, and the load of the registry',
  },
  {
    wordings: [
      /\b5\d\d (?:Internal|Bad Gateway|Service|Gateway)|status(?: code)?:? 5\d\d\b|unexpected EOF|the registry is unavailable/i,
    ],
    words: 'it answers with an error of its own',
    look: 'look at the registry and its status page, then send retry',
  },
];

/** The node does not reach the registry, or cannot talk to it. */
export const registryUnreachable: Rule = {
  cause: 'RegistryUnreachable',
  row: {
    shows:
      '`ErrImagePull` with `no such host`, `i/o timeout`, `connection refused`, `x509`, `TLS handshake timeout` or a status of 500 and above',
    means:
      'the node does not reach the registry, does not trust it, or it is down; whether the image exists is not known',
    todo: 'check name, network, proxy and certificates between node and registry; then send `retry`',
  },
  best: 'high',
  rank: 2,
  explains: ['ImageUnauthorised'],
  find(facts) {
    const found = wayOf(facts);
    if (found === null) return null;
    const { hit, way } = found;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `${capital(registryOf(facts, hit))} cannot be used from node ${nodeOf(facts)} to pull ${imageOf(facts, hit)}: ${way.words}.`,
      nextStep: `${capital(way.look)}.`,
    };
  },
};

function wayOf(facts: Facts): { hit: Hit; way: (typeof ways)[number] } | null {
  for (const quote of pullTexts(facts)) {
    for (const way of ways) {
      const hit = matching(quote, way.wordings);
      if (hit !== null) return { hit, way };
    }
  }
  return null;
}
