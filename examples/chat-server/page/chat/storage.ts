/**
 * Small things that a reload keeps. A browser may refuse its storage: the page works without it.
 */

export function readStored(storage: 'local' | 'session', name: string): string | undefined {
  try {
    return of(storage).getItem(`chat:${name}`) ?? undefined
  } catch {
    return undefined
  }
}

/** @param value - an empty one is removed */
export function writeStored(storage: 'local' | 'session', name: string, value: string): void {
  try {
    if (value === '') of(storage).removeItem(`chat:${name}`)
    else of(storage).setItem(`chat:${name}`, value)
  } catch {
    // Refused, or full.
  }
}

function of(storage: 'local' | 'session'): Storage {
  return storage === 'local' ? localStorage : sessionStorage
}
