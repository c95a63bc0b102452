import type { Case } from './case.ts';

const gh = 'https://github.com';

function crashed(cause: string, source: string, ...log: string[]): Case {
  return { cause, source, waiting: ['CrashLoopBackOff', 'back-off 5m0s restarting failed container'], ended: [1], log };
}

/** What programs log about the network. */
export const networkCases: Case[] = [
  crashed(
    'ConnectionRefused',
    `${gh}/kubernetes/kubernetes/issues/60884 (Go)`,
    'level=info msg=starting',
    'level=fatal err="Get https://10.96.0.1:443/api: dial tcp 10.96.0.1:443: connect: connection refused"',
  ),
  crashed(
    'ConnectionRefused',
    `${gh}/kubernetes-client/javascript/issues/321 (Node)`,
    'Error: connect ECONNREFUSED 127.0.0.1:8080',
    '    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1054:14) {',
    `  errno: 'ECONNREFUSED',`,
  ),
  crashed(
    'ConnectionRefused',
    `${gh}/dask/dask-kubernetes/issues/205 (Python)`,
    'Traceback (most recent call last):',
    '    sock.connect(sa)',
    'ConnectionRefusedError: [Errno 111] Connection refused',
  ),
  crashed(
    'ConnectionRefused',
    'openjdk/jdk java.base java/net/ConnectException (Java)',
    'Exception in thread "main" java.net.ConnectException: Connection refused (Connection refused)',
    '\tat java.base/java.net.PlainSocketImpl.socketConnect(Native Method)',
  ),
  crashed(
    'ConnectionRefused',
    `${gh}/QT-DevOps/DevOpsIssues/issues/48 (curl)`,
    'curl: (7) Failed to connect to 10.44.0.4 port 30036: Connection refused',
  ),
  crashed(
    'ConnectionTimedOut',
    'golang/go src/net/net.go (Go)',
    'level=fatal err="Get \\"https://api.example:443/v1\\": dial tcp 203.0.113.9:443: i/o timeout"',
  ),
  crashed(
    'ConnectionTimedOut',
    'nodejs/node lib/net.js (Node)',
    'Error: connect ETIMEDOUT 203.0.113.9:443',
    '    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1494:16)',
  ),
  crashed(
    'ConnectionTimedOut',
    'urllib3/urllib3 src/urllib3/exceptions.py (Python)',
    `urllib3.exceptions.ConnectTimeoutError: (<urllib3.connection.HTTPSConnection object at 0x7f>, 'Connection to api.example timed out. (connect timeout=10)')`,
  ),
  crashed(
    'ConnectionTimedOut',
    `${gh}/samsung-cnct/kraken-lib/issues/464 (Java)`,
    'WARN  QuorumCnxManager - Cannot open channel to 2 at election address zk-1/10.0.0.9:3888',
    'java.net.NoRouteToHostException: No route to host (Host unreachable)',
  ),
  crashed(
    'ConnectionTimedOut',
    'curl/curl lib/strerror.c (curl)',
    'curl: (28) Failed to connect to api.example port 443 after 130001 ms: Operation timed out',
  ),
  crashed(
    'NameNotResolved',
    'golang/go src/net/dnsclient_unix.go (Go)',
    'level=fatal err="dial tcp: lookup collector.monitoring.svc on 10.96.0.10:53: no such host"',
  ),
  crashed(
    'NameNotResolved',
    `${gh}/godaddy/kubernetes-client/issues/677 (Node)`,
    'Error: getaddrinfo ENOTFOUND collector.monitoring',
    '    at GetAddrInfoReqWrap.onlookup [as oncomplete] (node:dns:107:26)',
  ),
  crashed(
    'NameNotResolved',
    `${gh}/kubernetes-client/python/issues/1535 (Python)`,
    'urllib3.exceptions.NewConnectionError: : Failed to establish a new connection: [Errno -2] Name or service not known',
  ),
  crashed(
    'NameNotResolved',
    'openjdk/jdk java.base java/net/UnknownHostException (Java)',
    'Caused by: java.net.UnknownHostException: collector.monitoring',
    '\tat java.base/java.net.InetAddress.getAllByName0(Unknown Source)',
  ),
  crashed('NameNotResolved', 'curl/curl lib/hostip.c (curl)', 'curl: (6) Could not resolve host: collector.monitoring'),
  crashed(
    'CertificateRejected',
    `${gh}/cilium/cilium-cli/issues/460 (Go)`,
    'level=fatal msg="cannot start" error="Get \\"https://10.120.128.1:443/api\\": x509: certificate signed by unknown authority" subsys=daemon',
  ),
  crashed(
    'CertificateRejected',
    `${gh}/DataDog/docker-dd-agent/issues/288 (Python)`,
    'ERROR | collector(kubeutil.py:209) | Failed to initialize. Error: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:661)',
  ),
  crashed(
    'CertificateRejected',
    'openjdk/jdk java.base sun/security/validator/PKIXValidator (Java)',
    'javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
  ),
];
