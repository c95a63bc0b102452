import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';

/** A listening server on 127.0.0.1. */
export interface TestServer {
  /** Without a final slash. */
  url: string;
  close(): Promise<void>;
}

/** A certificate for `localhost` and 127.0.0.1 which nobody trusts that was not given `certFile`. */
export interface TestCertificate {
  keyFile: string;
  certFile: string;
}

/** Makes one in `dir`. */
export function testCertificate(dir: string): TestCertificate {
  const keyFile = join(dir, 'tls.key');
  const certFile = join(dir, 'tls.crt');
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', [...args, ...names, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  return { keyFile, certFile };
}

/** Listens for HTTP, or HTTPS when there is a certificate. */
export async function listen(answer: RequestListener, certificate?: TestCertificate): Promise<TestServer> {
  const server: Server =
    certificate === undefined
      ? createServer(answer)
      : createTlsServer({ key: readFileSync(certificate.keyFile), cert: readFileSync(certificate.certFile) }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Serves the repositories below a folder as a forge does: git's own CGI program behind HTTP. */
export function serveGit(root: string): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        PATH_INFO: path,
        QUERY_STRING: query,
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        REMOTE_ADDR: '127.0.0.1',
      },
    });
    request.pipe(child.stdin);
    // The program may end before it has read everything.
    child.stdin.on('error', () => undefined);
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.once('close', () => {
      const output = Buffer.concat(parts);
      const end = output.indexOf('\r\n\r\n');
      for (const line of output.toString('latin1', 0, end).split('\r\n')) {
        const [name = '', value = ''] = line.split(': ');
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.end(output.subarray(end + 4));
    });
  };
}

/** The same behind name and password; `seen` gets every Authorization header that arrives. */
export function guarded(
  serve: RequestListener,
  name: string,
  password: string,
  seen: string[] = [],
): (request: IncomingMessage, response: ServerResponse) => void {
  const wanted = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  return (request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) seen.push(authorization);
    if (authorization === wanted) serve(request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end(`no: ${authorization ?? ''}`);
  };
}
