import { createHash } from 'node:crypto';
import type { GitStore } from '../../../activities/git/store.ts';
import { modes, type TreeEntry } from '../../../activities/git/tree.ts';
import { type Rendered, renderCommit } from '../../../activities/render/render.ts';
import { createManifestSource } from '../../../activities/render/renderers.ts';
import type { ToolLimits } from '../../../activities/render/run-tool.ts';
import type { ToolSettings } from '../../../activities/render/tools.ts';
import { ensureTools, pathOf } from '../../../dev/tools/ensure.ts';
import { parseApplications } from '../../../domain/application/parse.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';

/** Deadline for the hook that asks for the programs: a first build of both takes minutes. */
export const toolsTimeoutMs = 15 * 60_000;

/** The real programs, built once per machine. */
export async function renderTools(): Promise<Required<Pick<ToolSettings, 'kustomize' | 'helm'>>> {
  const paths = await ensureTools(['kustomize', 'helm'], () => undefined);
  return { kustomize: pathOf(paths, 'kustomize'), helm: pathOf(paths, 'helm') };
}

/** Files of a commit by path: a text, or where a symbolic link points to. */
export type Files = Record<string, string | { link: string }>;

/** One commit after another, and what an application makes of it. */
export interface Bench {
  /** Commits these files and nothing else, and renders them; `source` is the YAML of more fields of `spec.source`. */
  render(files: Files, source?: string): Promise<Rendered>;
  /** The sentence with which the same is refused. */
  refusal(files: Files, source?: string): Promise<string>;
  /** Renders the last commit once more, as another worker would: without what is remembered. */
  again(source?: string): Promise<Rendered>;
}

/** Makes a bench; the application is called agents, its path is `prod`, its namespace monitoring. */
export function makeBench(tools: ToolSettings, limits?: Partial<ToolLimits>): Bench {
  let commit = '';
  let git = memoryGit({});
  const again = (source = ''): Promise<Rendered> =>
    renderCommit({ git, manifests: createManifestSource({ git, tools, limits }) }, application(source), commit);
  const render = (files: Files, source?: string): Promise<Rendered> => {
    git = memoryGit(files);
    commit = createHash('sha1').update(JSON.stringify(files)).digest('hex');
    return again(source);
  };
  return {
    render,
    again,
    refusal: async (files, source) => {
      try {
        await render(files, source);
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        return `${code}: ${message.replaceAll(/at commit [0-9a-f]{8}/g, 'at commit HEAD')}`;
      }
      throw new Error('it was rendered');
    },
  };
}

/** A store that holds one commit in memory: what is asked of git is tested with git. */
export function memoryGit(files: Files): GitStore {
  const all = Object.entries(files).map(([path, file]): TreeEntry & { content: Buffer } => {
    const content = Buffer.from(typeof file === 'string' ? file : file.link);
    const mode = typeof file === 'string' ? '100644' : modes.symlink;
    return { mode, object: path, bytes: content.length, path, content };
  });
  const never = (): never => {
    throw new Error('is not asked for');
  };
  return {
    lookUp: never,
    resolve: never,
    describe: async (_repo, commit) => ({ commit, subject: 'test' }),
    readFiles: async (_repo, _commit, path) =>
      all
        .filter((entry) => path === '.' || entry.path.startsWith(`${path}/`))
        .map((entry) => ({ path: entry.path, text: entry.content.toString() })),
    check: async () => [],
    list: async (_repo, _commit, path, { recursive }) => {
      const below = all.filter((entry) => path === '.' || entry.path.startsWith(`${path}/`));
      const own = below.map((entry) => ({
        ...entry,
        path: path === '.' ? entry.path : entry.path.slice(path.length + 1),
      }));
      return recursive ? own : own.map((entry) => ({ ...entry, path: entry.path.replace(/\/.*/, '') }));
    },
    read: async (_repo, _commit, entries) =>
      entries.map((entry) => all.find(({ path }) => path === entry.object)?.content ?? Buffer.of()),
  };
}

/** Parsed, so that what a test asks for is what a person can ask for. */
function application(source: string): ApplicationSpec {
  const more = source === '' ? '' : `    ${source.trimEnd().replaceAll('\n', '\n    ')}\n`;
  const path = /^path:/m.test(source) ? '' : '    path: prod\n';
  const text = `apiVersion: nodewave.dev/v1alpha1
kind: NodeApplication
metadata: {name: agents}
spec:
  source:
    repo: https://git.example.com/agents.git
${path}${more}  destination: {cluster: prod, namespace: monitoring}
`;
  const { specs, errors } = parseApplications(text, 'app.yaml');
  const [spec] = specs;
  if (spec === undefined) throw new Error(`the application must parse: ${JSON.stringify(errors)}`);
  return spec;
}

/** A DaemonSet of group apps. */
export const daemonSet = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1"}]}
`;
