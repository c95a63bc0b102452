import type { RenderedText, RenderJob } from './job.ts';
import { walkKustomization } from './kustomize-walk.ts';
import { explainEnd, refuseErrors, toolWarnings } from './refusal.ts';
import { runTool } from './run-tool.ts';
import { withCopy } from './temporary-copy.ts';

/**
 * Builds `spec.source.path` with kustomize from a copy of the files that it names. Plugins, functions, charts and everything
 * remote are refused before it runs. Throws BadInput or Infrastructure.
 */
export async function renderKustomize(job: RenderJob): Promise<RenderedText> {
  const { spec, files, tool, limits, signal } = job;
  const { path } = spec.source;
  const walked = await walkKustomization(files, path);
  refuseErrors(walked.errors);
  return await withCopy(await files.read(walked.paths), async (copy) => {
    const folder = path === '.' ? copy.tree : `${copy.tree}/${path}`;
    // Stated though they are its defaults: what a later version changes must not open a door here.
    const args = [
      'build',
      folder,
      '--load-restrictor=LoadRestrictionsRootOnly',
      '--enable-helm=false',
      '--network=false',
    ];
    try {
      const { stdout, stderr } = await runTool({ file: tool.file, args, dir: copy.dir, limits, signal });
      const place = `${path === '.' ? 'kustomization' : path} (rendered by kustomize)`;
      return { text: stdout, placeOf: () => place, warnings: toolWarnings(tool.name, stderr, copy) };
    } catch (error) {
      throw explainEnd(error, job, copy);
    }
  });
}
