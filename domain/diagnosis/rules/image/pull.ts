import type { Facts, Quote } from '../../facts.ts';
import { type Hit, nameOr, seek, troubled } from '../../rule.ts';

const reasons =
  /^(?:Failed|BackOff|InspectFailed|FailedSync|ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable|SignatureValidationFailed)\b/;

const aboutPull = /pull|image|registry|signature/i;
const aboutContainer = /container process|containerd task|runAsNonRoot|container create failed/;

/** The texts in which kubelet and runtime write of images: other events have other errors in the same words. */
export function pullTexts({ quotes }: Facts): Quote[] {
  return quotes.filter(
    ({ kind, text }) =>
      (kind === 'waiting' || kind === 'event') &&
      reasons.test(text) &&
      aboutPull.test(text) &&
      !aboutContainer.test(text),
  );
}

/** The first of these texts that one of the patterns matches. */
export function seekPull(facts: Facts, patterns: readonly RegExp[]): Hit | null {
  return seek({ ...facts, quotes: pullTexts(facts) }, ['waiting', 'event'], patterns);
}

const quoted = /(?:pull(?:ing)? image|unpack image|[Ii]mage|reference) "(?<image>[^"\s]{1,300})"/;

/** The image that a text is about, else that of the container, else `the image`. */
export function imageOf(facts: Facts, { quote }: Hit): string {
  const image = quoted.exec(quote.text)?.groups?.image ?? quote.container?.image ?? troubled(facts)?.image;
  return nameOr(image, '') === '' ? 'the image' : `image ${image}`;
}

/** The host of a registry in a text about an image, else that of the image, else `the registry`. */
export function registryOf(facts: Facts, hit: Hit): string {
  const named = /https?:\/\/(?<host>[\w.-]{1,253}(?::\d{1,5})?)\//.exec(hit.quote.text)?.groups?.host;
  const ofImage = /^image (?<host>(?:[\w-]{1,63}\.[\w.-]{1,190}|[\w-]{1,63}(?=:\d{1,5}\/))(?::\d{1,5})?)\//.exec(
    imageOf(facts, hit),
  );
  const host = named ?? ofImage?.groups?.host;
  return host === undefined ? 'the registry' : `registry ${host}`;
}

/** Paths of the template whose change replaces an image. */
export const imageChange = /\.image\b/;
