import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../../dev/stack/wait.ts';
import { cachedToolDir, cacheKey, cacheRoot } from '../../dev/tools/cache.ts';
import { ensureTools, pathOf } from '../../dev/tools/ensure.ts';
import { saysVersion } from '../../dev/tools/find.ts';
import { requireGit, requireGo } from '../../dev/tools/prerequisites.ts';
import { pinnedVersion, toolNamed, tools } from '../../dev/tools/registry.ts';

const fixture = join(import.meta.dirname, 'fixtures', 'ensure-etcd.ts');
let dir: string;
let bin: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nodewave-tools-'));
  bin = join(dir, 'bin');
  mkdirSync(bin);
});

afterEach(async () => {
  // The gate lets a fake build that outlived its parent end.
  writeFileSync(join(dir, 'gate'), '');
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await waitFor(() => !existsSync(join(dir, 'building')), { timeoutMs: 10_000, what: 'the fake builds to end' });
  rmSync(dir, { recursive: true, force: true });
});

function script(name: string, body: string): string {
  const file = join(bin, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A `go` whose builds wait until the file `gate` exists, and say so by a file `building` and a line in `builds`. */
function fakeGo(): void {
  script(
    'go',
    `if [ "$1" = version ]; then echo "go version go1.26.0 linux/amd64"; exit; fi
out=
while [ $# -gt 0 ]; do if [ "$1" = -o ]; then out=$2; fi; shift; done
echo build >> "${dir}/builds"
printf '#!/bin/sh\\n' > "$out/server"
touch "${dir}/building"
while [ ! -e "${dir}/gate" ]; do sleep 0.05; done
rm -f "${dir}/building"
printf 'echo "etcd Version: 3.6.16"\\n' >> "$out/server"
chmod +x "$out/server"`,
  );
}

const environment = () => ({ PATH: `${bin}:/usr/bin:/bin`, HOME: dir, NODEWAVE_CACHE: join(dir, 'cache') });

function ensureInProcess(): { child: ChildProcess; stdout: Promise<string>; stderr: Promise<string> } {
  const child = spawn(process.execPath, [fixture], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes');
  return { child, stdout: text(child.stdout), stderr: text(child.stderr) };
}

const building = () =>
  waitFor(() => existsSync(join(dir, 'building')), { timeoutMs: 20_000, everyMs: 20, what: 'a build to start' });
const builds = () => readFileSync(join(dir, 'builds'), 'utf8').trim().split('\n').length;

describe('cache', () => {
  test('lies where the environment says, outside the repository', () => {
    expect(cacheRoot({ NODEWAVE_CACHE: '/a' })).toBe('/a');
    expect(cacheRoot({ XDG_CACHE_HOME: '/b' })).toBe('/b/nodewave');
    expect(cacheRoot({})).toMatch(/\/\.cache\/nodewave$/);
  });

  test('another go.mod or go.sum is another key', () => {
    const key = (mod: string, sum: string) => {
      writeFileSync(join(dir, 'go.mod'), mod);
      writeFileSync(join(dir, 'go.sum'), sum);
      return cacheKey(dir);
    };
    const first = key('a', 'b');
    expect(first).toMatch(/^[0-9a-f]{12}$/);
    expect(key('a', 'b')).toBe(first);
    expect(key('a1', 'b')).not.toBe(first);
    expect(key('a', 'b1')).not.toBe(first);
  });

  test('every tool pins the version of its module', () => {
    expect(Object.fromEntries(tools.map((tool) => [tool.name, pinnedVersion(tool)]))).toEqual({
      temporal: '1.5.1',
      kubernetes: '1.36.3',
      etcd: '3.6.16',
      kwok: '0.7.0',
      compose: '2.40.3',
      prometheus: '0.316.0',
      kustomize: '5.8.2',
      helm: '3.22.0',
    });
  });
});

describe('where a program comes from', () => {
  test('the environment variable wins', async () => {
    const file = script('mine', 'echo anything');
    const env = { ...environment(), NODEWAVE_ETCD: file };
    expect(pathOf(await ensureTools(['etcd'], () => undefined, env), 'etcd')).toBe(file);
  });

  test('a variable that names no executable is an error that says which', async () => {
    const env = { ...environment(), NODEWAVE_ETCD: join(dir, 'nothing') };
    await expect(ensureTools(['etcd'], () => undefined, env)).rejects.toThrow(
      /NODEWAVE_ETCD=.*nothing is not an executable file; correct it, or unset it/,
    );
  });

  test('the PATH is used when the version is exactly the pinned one', async () => {
    const file = script('etcd', 'echo "etcd Version: 3.6.16"');
    expect(pathOf(await ensureTools(['etcd'], () => undefined, environment()), 'etcd')).toBe(file);
  });

  test.each(['3.6.1', '3.6.160', '13.6.16', '3.6.16-rc.0', '3.5.16'])('etcd %s on the PATH does not fit', (version) => {
    const file = script('etcd', `echo "etcd Version: ${version}"`);
    const [binary] = toolNamed('etcd').binaries;
    if (binary === undefined) throw new Error('etcd has a binary');
    expect(saysVersion(file, binary, '3.6.16')).toBe(false);
  });
});

describe('what must be installed', () => {
  test('without Go the error names what it is for and the cure', async () => {
    const env = { ...environment(), PATH: bin };
    await expect(ensureTools(['kubernetes'], () => undefined, env)).rejects.toThrow(
      /Go was not found on the PATH\. It builds kube-apiserver, .* from source.* Install Go 1\.21 or newer \(https:\/\/go\.dev\/dl/,
    );
  });

  test('Go before 1.21 is too old, Go 1.21 is not', () => {
    script('go', 'echo "go version go1.20.14 linux/amd64"');
    expect(() => requireGo('etcd', environment())).toThrow(
      /Go 1\.20 is too old to build etcd.*Install Go 1\.21 or newer/,
    );
    script('go', 'echo "go version go1.21.0 linux/amd64"');
    expect(() => requireGo('etcd', environment())).not.toThrow();
  });

  test('git that is missing or old is named with the cure', () => {
    expect(() => requireGit({ PATH: bin })).toThrow(/git was not found on the PATH.*Install git 2\.30 or newer/);
    script('git', 'echo "git version 2.17.1"');
    expect(() => requireGit(environment())).toThrow(/git 2\.17 is too old.*Install git 2\.30/);
    script('git', 'echo "git version 2.39.5 (Apple Git-154)"');
    expect(() => requireGit(environment())).not.toThrow();
  });
});

describe('builds', () => {
  test('two processes build once; the other waits and says for whom', async () => {
    fakeGo();
    const first = ensureInProcess();
    await building();
    const second = ensureInProcess();
    const stderr = second.child.stderr;
    await new Promise<void>((resolve) => {
      let seen = '';
      stderr?.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        if (seen.includes(`etcd: waiting for process ${first.child.pid}, which is building it`)) resolve();
      });
    });
    writeFileSync(join(dir, 'gate'), '');
    const target = join(cachedToolDir('etcd', join(dir, 'cache')), 'etcd');
    expect((await first.stdout).trim()).toBe(target);
    expect((await second.stdout).trim()).toBe(target);
    expect(builds()).toBe(1);
    expect(await first.stderr).toMatch(
      /etcd 3\.6\.16: building from source.*\netcd: built in \d+ s\netcd 3\.6\.16: ready/,
    );
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'a build ended by %s leaves no half tool, and the next one starts over',
    async (signal) => {
      fakeGo();
      const first = ensureInProcess();
      await building();
      first.child.kill(signal);
      await new Promise((resolve) => first.child.once('exit', resolve));
      const target = cachedToolDir('etcd', join(dir, 'cache'));
      expect(existsSync(target)).toBe(false);
      const second = ensureInProcess();
      await waitFor(() => builds() === 2, { timeoutMs: 20_000, everyMs: 20, what: 'the second build' });
      writeFileSync(join(dir, 'gate'), '');
      expect((await second.stdout).trim()).toBe(join(target, 'etcd'));
      expect(readdirSync(join(dir, 'cache', 'tools')).filter((name) => name.startsWith('.build-'))).toEqual([]);
    },
  );

  test('a build that fails shows the end of its log and the cure', async () => {
    script(
      'go',
      `if [ "$1" = version ]; then echo "go version go1.26.0 linux/amd64"; exit; fi
echo "go: module lookup: dial tcp: lookup proxy.golang.org: no such host" >&2; exit 1`,
    );
    const failed = ensureInProcess();
    expect(await failed.stderr).toMatch(
      /building etcd failed \(go exit code 1\)\. The Go module proxy could not be reached: .*GOPROXY[\s\S]*no such host[\s\S]*log: /,
    );
    expect(existsSync(cachedToolDir('etcd', join(dir, 'cache')))).toBe(false);
  });
});
