/** How the sentence begins that tells what the API server answered to a write that it does not carry out. */
export const refusalWords = {
  /** A policy, a webhook, a quota: what is written has to change. */
  admission: "the cluster's admission refuses it: ",
  /** The object is not valid. */
  invalid: 'the API server refuses it: ',
} as const;

/** Whether a sentence quotes such an answer, so that it is evidence of why a release does not get into the cluster. */
export function quotesRefusal(sentence: string): boolean {
  return Object.values(refusalWords).some((words) => sentence.includes(words));
}
