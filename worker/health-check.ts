// Usage: node worker/health-check.ts URL. Exit code 0 when the URL answers 200, for images without curl.
const [url = 'http://127.0.0.1:9090/healthz'] = process.argv.slice(2);
const timeoutMs = 4_000;

try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  process.stdout.write(`${await answer.text()}\n`);
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stderr.write(`${url}: ${String(error)}\n`);
  process.exitCode = 1;
}
