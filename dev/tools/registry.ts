import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Programs that the local stack can start; each is built by the tool of `toolOf`. */
export type BinaryName =
  | 'temporal'
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'kwok'
  | 'kwokctl'
  | 'docker-compose'
  | 'prometheus'
  | 'kustomize'
  | 'helm';

/** One program of a tool. */
export interface Binary {
  name: BinaryName;
  /** Environment variable that names an existing file to use instead, e.g. NODEWAVE_KUBE_APISERVER. */
  envVar: string;
  /** File name that `go build` gives it, where that differs from `name`. */
  builtAs?: string;
  /** Arguments that print the version. */
  versionArgs: readonly string[];
}

/** A Go module in dev/tools/<name> that pins one or more programs. */
export interface Tool {
  name: ToolName;
  /** Module whose version in go.mod is the version of every program of this tool. */
  module: string;
  binaries: readonly Binary[];
  /** Linker flag that stamps the version, for programs that do not know it when built from a module. */
  versionVariable?: string;
  /** Build tags, e.g. to leave out parts that nobody here uses. */
  tags?: string;
  /** How long a first build takes on 2 cores, seconds; shown to people who wait. */
  coldBuildSeconds: number;
}

/** Names of the tools, as folders under dev/tools. */
export type ToolName = 'temporal' | 'kubernetes' | 'etcd' | 'kwok' | 'compose' | 'prometheus' | 'kustomize' | 'helm';

const binary = (name: BinaryName, versionArgs: readonly string[], builtAs?: string): Binary => ({
  name,
  envVar: `NODEWAVE_${name.toUpperCase().replaceAll('-', '_')}`,
  versionArgs,
  ...(builtAs === undefined ? {} : { builtAs }),
});

/** All tools, in the order in which they are built. */
export const tools: readonly Tool[] = [
  {
    name: 'temporal',
    module: 'github.com/temporalio/cli',
    binaries: [binary('temporal', ['--version'])],
    versionVariable: 'github.com/temporalio/cli/temporalcli.Version',
    coldBuildSeconds: 140,
  },
  {
    name: 'kubernetes',
    module: 'k8s.io/kubernetes',
    binaries: [
      binary('kube-apiserver', ['--version']),
      binary('kube-controller-manager', ['--version']),
      binary('kube-scheduler', ['--version']),
      binary('kubectl', ['version', '--client']),
    ],
    versionVariable: 'k8s.io/component-base/version.gitVersion',
    coldBuildSeconds: 240,
  },
  {
    name: 'etcd',
    module: 'go.etcd.io/etcd/server/v3',
    binaries: [binary('etcd', ['--version'], 'server')],
    coldBuildSeconds: 30,
  },
  {
    name: 'kwok',
    module: 'sigs.k8s.io/kwok',
    binaries: [binary('kwok', ['--version']), binary('kwokctl', ['--version'])],
    coldBuildSeconds: 70,
  },
  {
    name: 'compose',
    module: 'github.com/docker/compose/v2',
    binaries: [binary('docker-compose', ['version'], 'cmd')],
    versionVariable: 'github.com/docker/compose/v2/internal.Version',
    coldBuildSeconds: 150,
  },
  {
    name: 'prometheus',
    module: 'github.com/prometheus/prometheus',
    binaries: [binary('prometheus', ['--version'])],
    // The module v0.316.0 is what is released as 3.16.0.
    versionVariable: 'github.com/prometheus/common/version.Version',
    // Tests name their targets themselves; the clients of thirty clouds would be half of the build.
    tags: 'remove_all_sd',
    coldBuildSeconds: 180,
  },
  {
    name: 'kustomize',
    module: 'sigs.k8s.io/kustomize/kustomize/v5',
    binaries: [binary('kustomize', ['version'])],
    coldBuildSeconds: 30,
  },
  {
    name: 'helm',
    module: 'helm.sh/helm/v3',
    binaries: [binary('helm', ['version', '--short'])],
    versionVariable: 'helm.sh/helm/v3/internal/version.version',
    coldBuildSeconds: 70,
  },
];

/** The tools that `npm run dev`, the demo and the tests need; the others are built for the few tests that use them. */
export const stackTools: readonly ToolName[] = ['temporal', 'kubernetes', 'etcd', 'kwok'];

/** Folder that holds go.mod and go.sum of a tool. */
export function toolDir(name: ToolName): string {
  return join(import.meta.dirname, name);
}

/** The tool with this name. */
export function toolNamed(name: ToolName): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`there is no tool ${name}`);
  return tool;
}

/** Version that go.mod pins for a tool, without the leading "v", e.g. "1.36.3". */
export function pinnedVersion(tool: Tool): string {
  const goMod = readFileSync(join(toolDir(tool.name), 'go.mod'), 'utf8');
  for (const line of goMod.split('\n')) {
    const [module, version] = line
      .replace(/^\s*require\s+/, '')
      .trim()
      .split(/\s+/);
    if (module === tool.module && version?.startsWith('v')) return version.slice(1);
  }
  throw new Error(`dev/tools/${tool.name}/go.mod does not require ${tool.module}`);
}
