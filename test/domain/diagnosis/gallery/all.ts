import { admissionCases } from './admission.ts';
import type { Case } from './case.ts';
import { configCases } from './config.ts';
import { containerCases, probeCases } from './container.ts';
import { currentCases } from './current.ts';
import { imageCases } from './image.ts';
import { furtherCases } from './more.ts';
import { networkCases } from './network.ts';
import { placeCases } from './place.ts';

/** Every picture with a cause that is known. */
export const gallery: readonly Case[] = [
  ...imageCases,
  ...configCases,
  ...admissionCases,
  ...placeCases,
  ...containerCases,
  ...probeCases,
  ...networkCases,
  ...furtherCases,
  ...currentCases,
];
