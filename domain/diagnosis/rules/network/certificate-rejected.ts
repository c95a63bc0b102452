import type { Rule } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';
import { networkMatch, peerChange } from './network-texts.ts';

const wordings = [
  /x509: (?:certificate|cannot validate)/,
  /tls: (?:failed to verify certificate|bad certificate|unknown certificate|expired certificate)|remote error: tls/,
  /CERTIFICATE_VERIFY_FAILED|certificate verify failed|CertificateError|SSLHandshakeException|PKIX path building failed/,
  /UNABLE_TO_VERIFY_LEAF_SIGNATURE|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|CERT_HAS_EXPIRED|ERR_TLS_CERT_ALTNAME_INVALID/,
  /SSL certificate problem|curl: \(60\)/,
];

/** A certificate does not verify, on one side or the other. */
export const certificateRejected: Rule = {
  cause: 'CertificateRejected',
  row: {
    shows:
      'the last lines speak of `x509: certificate …`, `CERTIFICATE_VERIFY_FAILED`, `PKIX path building failed`, `SSL certificate problem`',
    means: 'a certificate is expired, for another name, or signed by an authority that the program does not know',
    todo: 'renew the certificate, or mount its CA',
  },
  best: 'medium',
  rank: 2,
  explains: [...crashes, ...probes],
  changedBy: peerChange,
  find: (facts) =>
    networkMatch(facts, wordings, (peer) => ({
      what: `and ${peer} do not accept a certificate: it is expired, for another name, or by an authority that is not known`,
      nextStep: `Renew the certificate of ${peer}, or mount the CA that signed it and name it in args or env in git.`,
    })),
};
