import type { ApplicationSpec } from '../../domain/application/spec.ts';
import type { CommitFiles } from './commit-files.ts';
import type { ToolLimits } from './run-tool.ts';
import type { Tool } from './tools.ts';

/** One rendering by a program. */
export interface RenderJob {
  spec: ApplicationSpec;
  files: CommitFiles;
  tool: Tool;
  limits: ToolLimits;
  signal?: AbortSignal;
}

/** What a program made of a commit. */
export interface RenderedText {
  /** Documents of YAML. */
  text: string;
  /** What a line of it came from, for people: `prod/templates/agent.yaml (rendered by helm)`. */
  placeOf(line: number): string;
  /** Sentences about what people should know. */
  warnings: string[];
}
