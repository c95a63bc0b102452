/** The workflow types, under the names that histories freeze. */
export { application } from './application.ts';
export { rollout } from './rollout.ts';
