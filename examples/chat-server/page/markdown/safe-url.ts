/**
 * The addresses that a link may have. Others, such as `javascript:`, are shown as text.
 */

const protocols: readonly string[] = ['https:', 'http:', 'mailto:', 'tel:']

export function safeUrl(href: string | undefined): string | undefined {
  try {
    const url = new URL(href ?? '')
    return protocols.includes(url.protocol) ? url.href : undefined
  } catch {
    // A path would lead to a page of this site.
    return undefined
  }
}
