import type { ApplicationSpec, Renderer } from '../../domain/application/spec.ts';
import { canonicalJson } from '../../domain/digest.ts';
import type { DocumentError } from '../../domain/document-error.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { type ParsedManifest, parseManifests } from '../../domain/manifest/parse.ts';
import type { GitStore } from '../git/store.ts';
import { chooseRenderer } from './choose.ts';
import { CommitFiles } from './commit-files.ts';
import { renderHelm } from './helm.ts';
import { withoutHooks } from './helm-places.ts';
import type { RenderedText } from './job.ts';
import { renderKustomize } from './kustomize.ts';
import { createLimiter } from './limiter.ts';
import { plainFiles } from './plain.ts';
import { defaultToolLimits, type ToolLimits } from './run-tool.ts';
import { TextCache } from './text-cache.ts';
import { createToolFinder, type ToolName, type ToolSettings } from './tools.ts';

/** What the renderers need. */
export interface RendererDeps {
  git: GitStore;
  /** Without it no program is found. */
  tools?: ToolSettings;
  limits?: Partial<ToolLimits>;
}

/** Objects of a commit, not validated yet. */
export interface Manifests {
  objects: ParsedManifest[];
  errors: DocumentError[];
  warnings: string[];
}

/** Makes manifests of what `spec.source` holds at a full commit. Throws NodewaveErrors. */
export type ManifestSource = (spec: ApplicationSpec, commit: string, signal?: AbortSignal) => Promise<Manifests>;

/** Each may take the memory of its limit. */
const mostAtOnce = 2;

/** Makes the source of manifests: all renderers, and what they have rendered lately. */
export function createManifestSource(deps: RendererDeps): ManifestSource {
  const { git } = deps;
  const limits = { ...defaultToolLimits, ...deps.limits };
  const findTool = createToolFinder(deps.tools ?? {});
  const inTurn = createLimiter(mostAtOnce);
  const cache = new TextCache();

  async function rendered(
    name: ToolName,
    spec: ApplicationSpec,
    commit: string,
    signal?: AbortSignal,
  ): Promise<RenderedText> {
    const tool = await findTool(name);
    const { source, destination } = spec;
    const key = canonicalJson({
      tool: { ...tool },
      source: { ...source },
      commit,
      name: spec.name,
      namespace: destination.namespace,
    });
    const known = cache.get(key);
    if (known !== undefined) return known;
    const files = await CommitFiles.open({ git, repo: source.repo, commit, signal });
    const job = { spec, files, tool, limits, signal };
    const text = await inTurn(() => (name === 'helm' ? renderHelm(job) : renderKustomize(job)));
    cache.add(key, text);
    return text;
  }

  return async (spec, commit, signal) => {
    const { repo, path } = spec.source;
    const renderer = await chooseRenderer(git, spec.source, commit, signal);
    if (renderer === 'plain') {
      const { files, warnings } = plainFiles(await git.readFiles(repo, commit, path, { signal }));
      return { ...parseManifests(files), warnings };
    }
    try {
      return read(await rendered(renderer, spec, commit, signal), renderer);
    } catch (error) {
      throw named(error, renderer, spec, commit);
    }
  };
}

function read({ text, placeOf, warnings }: RenderedText, renderer: Exclude<Renderer, 'auto' | 'plain'>): Manifests {
  const parsed = parseManifests([{ path: 'rendered', text }]);
  const placed = parsed.objects.map((object) => {
    const { line } = object.source;
    return { ...object, source: { file: placeOf(line), line } };
  });
  const errors = parsed.errors.map((error) => ({ ...error, file: placeOf(error.line) }));
  if (renderer === 'kustomize') return { objects: placed, errors, warnings };
  const { objects, warnings: hooks } = withoutHooks(placed);
  return { objects, errors, warnings: [...warnings, ...hooks] };
}

/** Says which application, path and commit could not be rendered, before what was wrong. */
function named(error: unknown, renderer: ToolName, spec: ApplicationSpec, commit: string): unknown {
  if (!(error instanceof NodewaveError)) return error;
  const what = `application ${spec.name}: ${renderer} cannot render ${spec.source.path} at commit ${commit.slice(0, 8)}`;
  const nothing = error.code === 'BadInput' ? ', nothing was applied' : '';
  return new NodewaveError(error.code, `${what}${nothing}:\n${error.message}`, { cause: error });
}
