/** Where somebody wanted to go, if that is within this app; null for everything else: other hosts, `//host`, `/\host`, control characters that
 * browsers drop from addresses, and the pages by which one comes in. */
export function localPath(wanted: string | null): string | null {
  if (!wanted || !/^\/(?![/\\])/.test(wanted) || hasControls(wanted)) return null;
  return /^\/sign-in(?![^/?#])/.test(wanted) ? null : wanted;
}

const hasControls = (text: string) => [...text].some((sign) => sign.charCodeAt(0) < 0x20);
