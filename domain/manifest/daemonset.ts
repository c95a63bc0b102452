import type { FieldProblem } from '../document-error.ts';
import { at, describeValue, isPlainObject, listAt } from '../plain.ts';
import { readPolicyAnnotations } from '../policy/annotations.ts';
import { didYouMean } from '../suggest.ts';
import type { ManifestObject } from './object.ts';
import { selectorProblems } from './selector.ts';

const strategies = ['RollingUpdate', 'OnDelete'];

/**
 * What is wrong with a DaemonSet that can be told without a cluster; the API server would refuse the same, but names no
 * file and line.
 */
export function daemonSetProblems(object: ManifestObject): FieldProblem[] {
  const { apiVersion, body } = object;
  if (apiVersion !== 'apps/v1') {
    return [{ path: ['apiVersion'], message: `a DaemonSet has apiVersion apps/v1, got ${JSON.stringify(apiVersion)}` }];
  }
  if (!isPlainObject(body.spec)) {
    return [{ path: ['spec'], message: 'is missing; a DaemonSet needs spec.selector and spec.template' }];
  }
  if (!isPlainObject(body.spec.template)) {
    return [{ path: ['spec', 'template'], message: 'is missing; a DaemonSet needs a pod template' }];
  }
  return [
    ...selectorProblems(body),
    ...strategyProblems(body),
    ...restartPolicyProblems(body),
    ...containerProblems(body),
    ...readPolicyAnnotations(body).problems,
  ];
}

function strategyProblems(body: Record<string, unknown>): FieldProblem[] {
  const path = ['spec', 'updateStrategy', 'type'];
  const type = at(body, ...path);
  if (type === undefined || type === null || (typeof type === 'string' && strategies.includes(type))) return [];
  const hint = typeof type === 'string' ? didYouMean(type, strategies) : '';
  return [{ path, message: `must be RollingUpdate or OnDelete, got ${describeValue(type)}${hint}` }];
}

function restartPolicyProblems(body: Record<string, unknown>): FieldProblem[] {
  const path = ['spec', 'template', 'spec', 'restartPolicy'];
  const policy = at(body, ...path);
  if (policy === undefined || policy === null || policy === 'Always') return [];
  return [{ path, message: `must be Always in a DaemonSet, got ${describeValue(policy)}; change or remove it` }];
}

function containerProblems(body: Record<string, unknown>): FieldProblem[] {
  const path = ['spec', 'template', 'spec', 'containers'];
  if (listAt(body, ...path).length === 0) {
    const message = `must be a list of at least one container with name and image, got ${describeValue(at(body, ...path))}`;
    return [{ path, message }];
  }
  const problems: FieldProblem[] = [];
  for (const list of ['containers', 'initContainers']) {
    const listPath = ['spec', 'template', 'spec', list];
    for (const [index, container] of listAt(body, ...listPath).entries()) {
      for (const field of ['name', 'image']) {
        const value = at(container, field);
        if (typeof value === 'string' && value !== '') continue;
        const wrong =
          value === undefined || value === null ? 'is missing' : `must be a text, got ${describeValue(value)}`;
        problems.push({
          path: [...listPath, index, field],
          message: `${wrong}; every container needs a name and an image`,
        });
      }
    }
  }
  return problems;
}
